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

Names names_inside(const std::vector<NativeFile>& files) {
    Names inside;
    for (const NativeFile& file : files) {
        inside.emplace(file_name(file.path));
        if (!file.elf.soname.empty()) inside.insert(file.elf.soname);
    }
    return inside;
}

// Parts of zlib that it never meant to export; some builds of it do not.
bool internal_of_zlib(std::string_view symbol, int glibc) {
    static const std::set<std::string, std::less<>> always = {
        "_dist_code",       "_length_code",  "_tr_align",         "_tr_flush_block", "_tr_init",
        "_tr_stored_block", "_tr_tally",     "deflate_copyright", "gzflags",         "inflate_copyright",
        "inflate_fast",     "inflate_table", "z_errmsg",          "zcalloc",         "zcfree"};
    return always.count(symbol) != 0 || (symbol == "uncompress2" && glibc < 34);
}

std::vector<std::string> symbols_of(const ElfFile& elf, std::string_view library, std::string_view version) {
    std::vector<std::string> names;
    for (const ElfSymbol& symbol : elf.undefined) {
        if (symbol.library == library && symbol.version == version) names.push_back(symbol.name);
    }
    return names;
}

std::string some_of(std::vector<std::string> names) {
    constexpr std::size_t shown = 3;
    if (names.size() <= shown) return join(names, ", ");
    const std::size_t rest = names.size() - shown;
    names.resize(shown);
    return cat(join(names, ", "), " and ", rest, " more");
}

// What keeps a file from this policy; empty: it fits.
std::vector<BrokenPromise> objections(const NativeFile& file, const Policy& policy, const Names& inside) {
    std::vector<BrokenPromise> out;
    bool zlib = false;
    for (const std::string& library : file.elf.needed) {
        if (inside.count(library) != 0) continue;
        zlib = zlib || library == "libz.so.1";
        if (!system_library(library, policy.glibc)) out.push_back({file.path, cat(file.path, " needs ", library), {}});
    }
    for (const auto& [library, versions] : file.elf.version_needs) {
        if (inside.count(library) != 0) continue;
        for (const std::string& version : versions) {
            if (allows(policy, version)) continue;
            const std::vector<std::string> symbols = symbols_of(file.elf, library, version);
            const std::string head = symbols.empty() ? "" : some_of(symbols) + "@";
            out.push_back({file.path, cat(file.path, " needs ", head, version, " (", library, ")"), symbols});
        }
    }
    for (const ElfSymbol& symbol : file.elf.undefined) {
        if (!zlib || symbol.weak || !internal_of_zlib(symbol.name, policy.glibc)) continue;
        out.push_back({file.path,
                       cat(file.path, " needs ", symbol.name, " (libz.so.1), which not every zlib offers"),
                       {symbol.name}});
    }
    return out;
}

// Under its own name, libc.so, musl is nobody's: distributions with musl call it libc.musl-x86_64.so.1.
bool allowed_with_musl(std::string_view library) {
    return library.substr(0, 10) == "libc.musl-" || library == "libz.so.1" || library.substr(0, 7) == "ld-musl";
}

// The policy of any glibc: between two rows the older one's compiler libraries.
Policy policy_for(int glibc) {
    Policy policy = k_policies[0];
    for (const Policy& row : k_policies) {
        if (row.glibc <= glibc) policy = row;
    }
    policy.glibc = glibc;
    return policy;
}

std::vector<BrokenPromise> broken_musl(const std::vector<NativeFile>& files, const options::Compatibility& promise,
                                       std::string_view musl_version, const Names& inside) {
    std::vector<BrokenPromise> out;
    for (const NativeFile& file : files) {
        for (const std::string& library : file.elf.needed) {
            if (!allowed_with_musl(library) && inside.count(library) == 0) {
                out.push_back({file.path, cat(file.path, " needs ", library), {}});
            }
        }
    }
    const std::optional<Version> have = Version::find(musl_version);
    const std::optional<Version> most = Version::find(cat(promise.major, ".", promise.minor));
    if (!out.empty()) return out;
    if (!have) {
        out.push_back({"", "the musl version of the compiler is not known", {}});
    } else if (*most < *have) {
        out.push_back({"", cat("the compiler's C library is musl ", musl_version), {}});
    }
    return out;
}

PlatformChoice musl_choice(const std::vector<NativeFile>& files, const std::string& arch, const std::string& plain,
                           std::string_view musl_version, const Names& inside) {
    PlatformChoice out;
    for (const NativeFile& file : files) {
        for (const std::string& library : file.elf.needed) {
            if (allowed_with_musl(library) || inside.count(library) != 0) continue;
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

bool uses_musl(const ElfFile& elf) {
    if (contains(elf.interpreter, "ld-musl")) return true;
    return std::any_of(elf.needed.begin(), elf.needed.end(), [](const std::string& library) {
        return library == "libc.so" || library.compare(0, 8, "libc.mus") == 0;
    });
}

std::string promise_text(const options::Compatibility& promise) {
    switch (promise.promise) {
        case options::Promise::Linux: return "linux";
        case options::Promise::Auto: return "auto";
        case options::Promise::Manylinux: return cat("manylinux_", promise.major, "_", promise.minor);
        case options::Promise::Musllinux: return cat("musllinux_", promise.major, "_", promise.minor);
    }
    abort_bug("unknown promise of a platform tag");
}

std::vector<std::string> platform_tags(const options::Compatibility& promise, std::string_view arch) {
    std::vector<std::string> tags = {cat(promise_text(promise), "_", arch)};
    for (const manylinux_detail::Policy& policy : manylinux_detail::k_policies) {
        if (promise.promise != options::Promise::Manylinux || policy.glibc != promise.minor) continue;
        if (*policy.alias != '\0') tags.push_back(cat(policy.alias, "_", arch));
    }
    return tags;
}

std::vector<BrokenPromise> broken_promises(const std::vector<NativeFile>& files, std::string_view arch,
                                           const options::Compatibility& promise, std::string_view musl_version) {
    using namespace manylinux_detail;
    const Names inside = names_inside(files);
    if (promise.promise == options::Promise::Musllinux) return broken_musl(files, promise, musl_version, inside);
    std::vector<BrokenPromise> out;
    if (promise.promise != options::Promise::Manylinux) return out;
    if (promise.minor < first_glibc(arch)) {
        out.push_back({"", cat("there is no manylinux of glibc 2.", promise.minor, " for ", arch), {}});
    }
    const Policy policy = policy_for(promise.minor);
    for (const NativeFile& file : files) {
        if (uses_musl(file.elf)) {
            out.push_back({file.path, cat(file.path, " is built for musl"), {}});
            continue;
        }
        for (BrokenPromise& one : objections(file, policy, inside)) out.push_back(std::move(one));
    }
    return out;
}

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
    const Names inside = names_inside(files);
    bool musl = false;
    for (const NativeFile& file : files) {
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
            for (BrokenPromise& one : objections(file, policy, inside)) now.push_back(std::move(one.text));
        }
        if (now.empty()) {
            out.platforms = platform_tags({options::Promise::Manylinux, 2, policy.glibc}, arch);
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
