// Target triples: reading rustc's, GNU's and Debian's spellings and giving each of them back.
// SPDX-License-Identifier: MIT
//
// The stored parts are rustc's. A vendor is "" where rustc's own name has none
// (aarch64-linux-android, armv7a-none-eabi, wasm32-wasip1); GNU and Debian leave the vendor out of
// what rustc calls "unknown", so those get it back. Sources: `rustc --print target-list`,
// config.sub (GNU), Debian's cputable/ostable, the mach-o names of Apple's clang.
#include "platform/triple.h"

#include <array>

#include "base/text.h"

namespace cermet::platform {

namespace triple_detail {

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool ends_with(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& names) {
    for (const std::string_view name : names) {
        if (name == text) return true;
    }
    return false;
}

// The second part of a three-part name is a system, not a vendor, when it is one of these.
constexpr std::array<std::string_view, 12> k_systems = {"linux",  "none",    "nuttx",  "rtems",   "espidf", "freebsd",
                                                        "netbsd", "openbsd", "darwin", "windows", "hurd",   "solaris"};

// GNU's names of processors that rustc calls otherwise; the system decides some of them (see
// rust_arch()).
std::string rust_arch(std::string_view arch, std::string_view os, std::string_view environment) {
    if (arch == "amd64" || arch == "x64") return "x86_64";
    if (arch == "arm64") return "aarch64";
    if (arch == "i386" || arch == "i486") return os == "ios" ? "i386" : "i686";  // Debian says i386
    if (arch == "x86") return "i686";
    if (arch == "ppc64le" || arch == "ppc64el") return "powerpc64le";
    if (arch == "ppc64") return "powerpc64";
    if (arch == "ppc") return "powerpc";
    if (arch == "riscv64" && os == "linux" && environment != "android") return "riscv64gc";
    if (arch == "riscv32" && os == "linux") return "riscv32gc";
    if (arch == "riscv64" && (os == "freebsd" || os == "netbsd" || os == "openbsd")) return "riscv64gc";
    if (arch == "armv7l" || arch == "armv7hl") return "armv7";
    if (arch == "armv6l") return "arm";
    // Debian's armhf is ARMv7, its arm-linux-gnueabihf says only "arm": rustc's own name of that is
    // ARMv6 and stays.
    return std::string(arch);
}

std::string gnu_arch(const Triple& t) {
    if (starts_with(t.arch, "riscv64")) return "riscv64";
    if (starts_with(t.arch, "riscv32")) return "riscv32";
    if (t.os == "darwin" && t.arch == "aarch64") return "arm64";
    if (starts_with(t.arch, "thumbv") && t.os == "linux") return "arm";
    const bool arm_linux = t.os == "linux" && (starts_with(t.arch, "armv") || t.arch == "arm");
    if (arm_linux && !starts_with(t.arch, "armeb")) return "arm";
    return t.arch;
}

// Without Darwin's and the BSDs' version numbers: darwin23.1.0 -> darwin, freebsd14 -> freebsd.
std::string plain_os(std::string_view os) {
    constexpr std::array<std::string_view, 6> versioned = {"darwin",  "freebsd",   "netbsd",
                                                           "openbsd", "dragonfly", "solaris"};
    for (const std::string_view name : versioned) {
        if (!starts_with(os, name) || os.size() == name.size()) continue;
        if (os.find_first_not_of("0123456789.", name.size()) == std::string_view::npos) {
            return std::string(name);
        }
    }
    return std::string(os);
}

bool valid_part(std::string_view part) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    return !part.empty() && part.find_first_not_of(allowed) == std::string_view::npos;
}

// GNU and Debian leave the vendor out; rustc has one, except for a few systems.
std::string implied_vendor(std::string_view os, std::string_view environment) {
    if (os == "darwin") return "apple";
    if (os == "linux" && starts_with(environment, "android")) return "";
    if (os == "windows") return "pc";
    constexpr std::array<std::string_view, 4> bare = {"none", "nuttx", "rtems", "espidf"};
    return one_of(os, bare) || starts_with(os, "wasip") ? "" : "unknown";
}

Triple from_parts(const std::vector<std::string>& parts) {
    Triple t;
    const std::size_t n = parts.size();
    if (n == 2) {  // avr-none, wasm32-wasip1
        t.os = plain_os(parts[1]);
        t.vendor = t.os == "darwin" ? "apple" : "";
    } else if (n == 3 && (one_of(parts[1], k_systems) || starts_with(parts[1], "wasip"))) {
        t.os = plain_os(parts[1]);
        t.environment = parts[2];
        t.vendor = implied_vendor(t.os, t.environment);
    } else {
        t.vendor = parts[1];
        t.os = plain_os(parts[2]);
        for (std::size_t i = 3; i < n; ++i) t.environment += (i > 3 ? "-" : "") + parts[i];
    }
    t.arch = rust_arch(parts[0], t.os, t.environment);
    return t;
}

// MinGW's and Cygwin's GNU names say the C library where rustc says the system.
void fix_windows(Triple& t) {
    const bool mingw =
        t.os == "mingw32" || t.os == "mingw64" || t.os == "w64" || (t.vendor == "w64" && t.os == "mingw32");
    if (mingw) {
        t.vendor = "pc";
        t.os = "windows";
        t.environment = "gnu";
    }
}

// Vendors that distributions write and that mean nothing to a compiler.
void fix_vendor(Triple& t) {
    constexpr std::array<std::string_view, 9> distributions = {
        "redhat", "suse", "alpine", "gentoo", "conda", "slackware", "openmandriva", "buildroot", "poky"};
    const bool linux_pc = t.os == "linux" && (t.vendor == "pc" || one_of(t.vendor, distributions));
    const bool bsd_pc = t.vendor == "pc" && (t.os == "freebsd" || t.os == "netbsd" || t.os == "openbsd");
    if (linux_pc || bsd_pc) t.vendor = "unknown";
    if (t.os == "linux" && starts_with(t.environment, "android")) t.vendor = "";
}

}  // namespace triple_detail

std::string Triple::rust() const {
    std::string out = arch;
    if (!vendor.empty()) out += "-" + vendor;
    out += "-" + os;
    if (!environment.empty()) out += "-" + environment;
    return out;
}

std::string Triple::gnu() const {
    const std::string cpu = triple_detail::gnu_arch(*this);
    if (os == "darwin") return cat(cpu, "-apple-darwin");
    if (os == "windows" && triple_detail::starts_with(environment, "gnu")) return cat(cpu, "-w64-mingw32");
    if (os == "linux" || os == "none") {
        return cat(cpu, "-", os, environment.empty() ? "" : "-", environment);
    }
    Triple spelled = *this;
    spelled.arch = cpu;
    return spelled.rust();
}

std::string Triple::multiarch() const {
    if (os != "linux") return os == "darwin" ? "darwin" : gnu();
    const std::string cpu = triple_detail::gnu_arch(*this);
    const bool x86_32 = cpu == "i586" || cpu == "i686";
    return cat(x86_32 ? "i386" : cpu, "-linux", environment.empty() ? "" : "-", environment);
}

std::string Triple::python_platform() const {
    if (os == "windows") {
        if (arch == "x86_64") return "win_amd64";
        if (arch == "aarch64") return "win_arm64";
        return "win32";
    }
    if (os == "linux" && triple_detail::starts_with(environment, "android")) {
        const std::string abi = arch == "aarch64"                         ? "arm64_v8a"
                                : triple_detail::starts_with(arch, "arm") ? "armeabi_v7a"
                                : arch == "i686"                          ? "x86"
                                                                          : arch;
        return cat("android_", abi);
    }
    if (os == "darwin") return cat("macosx_", arch == "aarch64" ? "arm64" : arch);
    if (os == "emscripten") return cat("emscripten_", arch);
    std::string cpu = triple_detail::gnu_arch(*this);
    // uname's names, which the tags follow (packaging.tags).
    if (os == "linux") {
        if (cpu == "powerpc64le") cpu = "ppc64le";
        if (cpu == "powerpc64") cpu = "ppc64";
        if (cpu == "powerpc") cpu = "ppc";
        if (cpu == "i586") cpu = "i686";
        if (cpu == "arm")
            cpu = triple_detail::starts_with(arch, "armv7") || triple_detail::starts_with(arch, "thumbv7") ? "armv7l"
                                                                                                           : "armv6l";
    }
    return cat(os, "_", cpu);
}

int Triple::pointer_width() const {
    using triple_detail::starts_with;
    if (environment == "gnux32" || triple_detail::ends_with(environment, "_ilp32")) return 32;
    if (arch == "arm64_32") return 32;
    if (arch == "avr" || arch == "msp430") return 16;
    constexpr std::array<std::string_view, 16> wide = {
        "x86_64",  "aarch64", "arm64",       "riscv64", "powerpc64", "mips64",  "mipsisa64", "sparc64",
        "sparcv9", "s390x",   "loongarch64", "wasm64",  "bpf",       "nvptx64", "amdgcn",    "ia64"};
    for (const std::string_view prefix : wide) {
        if (starts_with(arch, prefix)) return 64;
    }
    return starts_with(arch, "alpha") ? 64 : 32;
}

Result<Triple> parse_triple(std::string_view text) {
    using namespace triple_detail;
    const std::vector<std::string> parts = split(text, '-');
    bool valid = parts.size() >= 2 && parts.size() <= 5;
    for (const std::string& part : parts) valid = valid && valid_part(part);
    if (!valid) {
        return usage_error(cat("\"", text, "\" is not a target triple"),
                           "write it as rustc does, for example x86_64-unknown-linux-gnu");
    }
    Triple t = from_parts(parts);
    fix_windows(t);
    fix_vendor(t);
    return t;
}

Triple host_triple() {
    Triple t;
#if defined(__x86_64__)
    t.arch = "x86_64";
#elif defined(__aarch64__)
    t.arch = "aarch64";
#elif defined(__i386__)
    t.arch = "i686";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    t.arch = "powerpc64le";
#elif defined(__s390x__)
    t.arch = "s390x";
#elif defined(__riscv) && __riscv_xlen == 64
    t.arch = "riscv64gc";
#elif defined(__loongarch64)
    t.arch = "loongarch64";
#elif defined(__ARM_ARCH) && __ARM_ARCH >= 7
    t.arch = "armv7";
#elif defined(__arm__)
    t.arch = "arm";
#else
#error "teach host_triple() this processor"
#endif
    t.vendor = "unknown";
#if defined(__APPLE__)
    t.vendor = "apple";
    t.os = "darwin";
#elif defined(__FreeBSD__)
    t.os = "freebsd";
#elif defined(__linux__)
    t.os = "linux";
#if defined(__GLIBC__) || defined(__GNU_LIBRARY__)
    t.environment = "gnu";
#else
    t.environment = "musl";
#endif
#if defined(__arm__)
    t.environment += "eabi";
#if defined(__ARM_PCS_VFP)
    t.environment += "hf";
#endif
#endif
#else
#error "teach host_triple() this system"
#endif
    return t;
}

}  // namespace cermet::platform
