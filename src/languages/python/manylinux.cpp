// The manylinux policy table and the choice of a tag.
// SPDX-License-Identifier: MIT
#include "languages/python/manylinux.h"

#include <algorithm>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/version.h"

namespace cermet::python {

namespace manylinux_detail {

// The newest symbol versions a system of that glibc is sure to have; "" = none at all. The compiler libraries' rows are
// those of the oldest long-lived distribution with that glibc.
struct Policy {
    int glibc;  // the N of 2.N
    const char* alias;
    const char* gcc;
    const char* cxxabi;
    const char* glibcxx;
    const char* zlib;
    const char* atomic;
};

constexpr Policy k_policies[] = {
    {5, "manylinux1", "4.2.0", "1.3.1", "3.4.8", "", ""},
    {12, "manylinux2010", "4.3.0", "1.3.3", "3.4.13", "1.2.2.4", ""},
    {17, "manylinux2014", "4.8.0", "1.3.7", "3.4.19", "1.2.5.2", ""},
    {24, "", "4.8.0", "1.3.10", "3.4.22", "1.2.5.2", "1.2"},
    {26, "", "4.8.0", "1.3.10", "3.4.22", "1.2.5.2", "1.2"},
    {27, "", "7.0.0", "1.3.11", "3.4.24", "1.2.9", "1.2"},
    {28, "", "7.0.0", "1.3.11", "3.4.24", "1.2.9", "1.2"},
    {31, "", "7.0.0", "1.3.12", "3.4.28", "1.2.9", "1.2"},
    {34, "", "7.0.0", "1.3.13", "3.4.29", "1.2.9", "1.2"},
    {35, "", "12.0.0", "1.3.13", "3.4.30", "1.2.9", "1.2"},
    {36, "", "12.0.0", "1.3.13", "3.4.30", "1.2.9", "1.2"},
    {37, "", "12.0.0", "1.3.13", "3.4.30", "1.2.12", "1.2"},
    {38, "", "12.0.0", "1.3.13", "3.4.30", "1.2.12", "1.2"},
    {39, "", "14.0.0", "1.3.15", "3.4.33", "1.2.12", "1.2"},
    {40, "", "14.0.0", "1.3.15", "3.4.33", "1.2.12", "1.2"},
    {41, "", "14.0.0", "1.3.15", "3.4.33", "1.2.12", "1.2"},
};

// Libraries that every desktop and server system has: PEP 513's list and its later additions.
bool system_library(std::string_view name, int glibc) {
    static const std::set<std::string, std::less<>> always = {
        "libatomic.so.1",  "libgcc_s.so.1", "libstdc++.so.6",      "libm.so.6",           "libanl.so.1",
        "libdl.so.2",      "librt.so.1",    "libc.so.6",           "libnsl.so.1",         "libutil.so.1",
        "libpthread.so.0", "libX11.so.6",   "libXext.so.6",        "libXrender.so.1",     "libICE.so.6",
        "libSM.so.6",      "libGL.so.1",    "libgobject-2.0.so.0", "libgthread-2.0.so.0", "libglib-2.0.so.0",
        "libresolv.so.2",  "libz.so.1"};
    if (always.count(name) != 0) return true;
    if (name.substr(0, 8) == "ld-linux" || name == "ld64.so.1" || name == "ld64.so.2") return true;
    if (name == "libexpat.so.1") return glibc >= 12;
    return name == "libmvec.so.1" && glibc >= 24;
}

// The first manylinux of an architecture.
int first_glibc(std::string_view arch) {
    if (arch == "x86_64" || arch == "i686") return 5;
    if (arch == "riscv64") return 31;
    if (arch == "loongarch64") return 36;
    for (const char* known : {"aarch64", "armv7l", "ppc64", "ppc64le", "s390x"}) {
        if (arch == known) return 17;
    }
    return 1000;
}

bool at_most(std::string_view version, const char* ceiling) {
    if (*ceiling == '\0') return false;
    std::optional<Version> have = Version::find(version), most = Version::find(ceiling);
    return have && most && *have <= *most;
}

bool allows(const Policy& policy, std::string_view symbol_version) {
    std::size_t bar = symbol_version.find('_');
    std::string_view family = symbol_version.substr(0, bar);
    std::string_view number = bar == std::string_view::npos ? "" : symbol_version.substr(bar + 1);
    if (family == "GLIBC") {
        if (number == "ABI_DT_RELR") return policy.glibc >= 36;
        return at_most(number, cat("2.", policy.glibc).c_str());
    }
    if (family == "GCC") return at_most(number, policy.gcc);
    if (family == "CXXABI") {
        if (number == "TM_1") return policy.glibc >= 17;
        if (number == "FLOAT128") return policy.glibc >= 24;
        return at_most(number, policy.cxxabi);
    }
    if (family == "GLIBCXX") return at_most(number, policy.glibcxx);
    if (family == "ZLIB") return at_most(number, policy.zlib);
    if (family == "LIBATOMIC") return at_most(number, policy.atomic);
    return true;
}

using Names = std::set<std::string, std::less<>>;

std::string_view base_name(std::string_view path) { return file_name(path); }

// What keeps a file from this policy; empty: it fits.
std::vector<std::string> objections(const NativeFile& file, const Policy& policy, const Names& inside) {
    std::vector<std::string> out;
    for (const std::string& library : file.elf.needed) {
        if (inside.count(library) != 0 || system_library(library, policy.glibc)) continue;
        out.push_back(cat(file.path, " needs ", library));
    }
    for (const auto& [library, versions] : file.elf.version_needs) {
        if (inside.count(library) != 0) continue;
        for (const std::string& version : versions) {
            if (!allows(policy, version)) out.push_back(cat(file.path, " needs ", version, " (", library, ")"));
        }
    }
    return out;
}

bool uses_musl(const ElfFile& elf) {
    if (contains(elf.interpreter, "ld-musl")) return true;
    return std::any_of(elf.needed.begin(), elf.needed.end(), [](const std::string& library) {
        return library == "libc.so" || library.compare(0, 8, "libc.mus") == 0;
    });
}

PlatformChoice musl_choice(const std::vector<NativeFile>& files, const std::string& arch, const std::string& plain,
                           std::string_view musl_version, const Names& inside) {
    PlatformChoice out;
    for (const NativeFile& file : files) {
        for (const std::string& library : file.elf.needed) {
            bool allowed = library == "libc.so" || library.compare(0, 8, "libc.mus") == 0 || library == "libz.so.1" ||
                           library.compare(0, 7, "ld-musl") == 0;
            if (allowed || inside.count(library) != 0) continue;
            out.external_libraries.push_back(library);
            out.reasons.push_back(cat(file.path, " needs ", library));
        }
    }
    if (!out.external_libraries.empty() || musl_version.empty()) {
        if (musl_version.empty()) out.reasons.push_back("the musl version of the target is not known");
        out.platforms = {plain};
        return out;
    }
    out.platforms = {cat("musllinux_", replace_all(musl_version, ".", "_"), "_", arch)};
    return out;
}

}  // namespace manylinux_detail

Result<PlatformChoice> choose_platform(const std::vector<NativeFile>& files, std::string_view platform_tag,
                                       std::string_view musl_version) {
    using namespace manylinux_detail;
    std::string plain(platform_tag);
    PlatformChoice out;
    if (plain.compare(0, 6, "linux_") != 0) {
        out.platforms = {plain};
        return out;
    }
    std::string arch = plain.substr(6);
    Names inside;
    bool musl = false;
    for (const NativeFile& file : files) {
        inside.emplace(base_name(file.path));
        if (!file.elf.soname.empty()) inside.insert(file.elf.soname);
        musl = musl || uses_musl(file.elf);
        std::string own = file.elf.arch();
        bool same = own == arch || (own == "armv7l" && arch.compare(0, 3, "arm") == 0);
        if (!same) {
            return project_error(cat(file.path, " is built for ", own.empty() ? "an unknown machine" : own,
                                     ", but the wheel is for ", arch),
                                 "build every part of the wheel for the same target");
        }
    }
    if (musl) return musl_choice(files, arch, plain, musl_version, inside);
    std::vector<std::string> last;
    for (const Policy& policy : k_policies) {
        if (policy.glibc < first_glibc(arch)) continue;
        std::vector<std::string> now;
        for (const NativeFile& file : files) {
            for (std::string& text : objections(file, policy, inside)) now.push_back(std::move(text));
        }
        if (now.empty()) {
            out.platforms = {cat("manylinux_2_", policy.glibc, "_", arch)};
            if (*policy.alias != '\0') out.platforms.push_back(cat(policy.alias, "_", arch));
            out.reasons = std::move(last);
            return out;
        }
        last = std::move(now);
    }
    Names external;
    for (const NativeFile& file : files) {
        for (const std::string& library : file.elf.needed) {
            if (inside.count(library) == 0 && !system_library(library, 1000)) external.insert(library);
        }
    }
    out.platforms = {plain};
    out.reasons = std::move(last);
    out.external_libraries.assign(external.begin(), external.end());
    return out;
}

}  // namespace cermet::python
