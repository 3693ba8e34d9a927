// What a target triple says of its machine: rustc's names of processor, vendor, system, environment, ABI and byte order.
// SPDX-License-Identifier: MIT
//
// Names say most of it. The rest is what rustc's target specifications have and their names leave out: the C library of
// a system that has one only, the float ABI of a processor, PowerPC's two ELF ABIs.
#include "platform/target.h"

#include <utility>

#include "base/text.h"

namespace cermet::platform {

namespace target_detail {

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool ends_with(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

struct Rename {
    std::string_view from, to;
};

template <std::size_t N>
std::string_view renamed(std::string_view text, const Rename (&table)[N]) {
    for (const Rename& row : table) {
        if (row.from == text) return row.to;
    }
    return text;
}

// A family of processors whose names go on with what a member of it has: riscv64gc, armv7, thumbv7em, mips64el.
std::string_view arch_of(std::string_view arch) {
    constexpr Rename exact[] = {{"arm64e", "aarch64"},  {"arm64_32", "aarch64"},
                                {"arm64ec", "arm64ec"}, {"i386", "x86"},
                                {"i586", "x86"},        {"i686", "x86"},
                                {"x86_64h", "x86_64"},  {"amdgcn", "amdgpu"},
                                {"bpfeb", "bpf"},       {"bpfel", "bpf"},
                                {"mipsel", "mips"},     {"mips64el", "mips64"},
                                {"wasm32v1", "wasm32"}, {"powerpc64le", "powerpc64"},
                                {"sparcv9", "sparc64"}};
    constexpr Rename families[] = {{"aarch64", "aarch64"},
                                   {"arm64", "arm64"},
                                   {"arm", "arm"},
                                   {"thumb", "arm"},
                                   {"riscv32", "riscv32"},
                                   {"riscv64", "riscv64"},
                                   {"mipsisa32r6", "mips32r6"},
                                   {"mipsisa64r6", "mips64r6"}};
    const std::string_view known = renamed(arch, exact);
    if (known != arch || arch == "arm64ec") return known;
    for (const Rename& family : families) {
        if (starts_with(arch, family.from)) return family.to;
    }
    return arch;
}

std::string_view vendor_of(const Triple& t) {
    if (t.vendor == "esp" || t.arch.compare(0, 6, "xtensa") == 0) return "espressif";
    if (t.vendor.empty() || t.vendor == "wali" || t.vendor == "lynx") return "unknown";
    return t.vendor;
}

std::string_view os_of(const Triple& t) {
    if (starts_with(t.os, "wasip")) return "wasi";
    if (t.os == "linux" && starts_with(t.environment, "android")) return "android";
    constexpr Rename names[] = {{"darwin", "macos"}, {"switch", "horizon"}, {"3ds", "horizon"}, {"v5", "vexos"}};
    return renamed(t.os, names);
}

// "gnueabihf" is the C library gnu and the ABI eabihf.
std::pair<std::string_view, std::string_view> split_environment(std::string_view environment) {
    for (const std::string_view library : {"gnu", "musl", "uclibc", "newlib", "android"}) {
        if (!starts_with(environment, library)) continue;
        std::string_view rest = environment.substr(library.size());
        if (starts_with(rest, "_")) rest.remove_prefix(1);
        return {library, rest};
    }
    return {environment, environment};
}

// Builds for Apple's simulators that are older than the "-sim" in their names.
bool is_simulator(const Triple& t) {
    const bool computer = t.arch == "x86_64" || t.arch == "i386";
    return computer && (t.os == "ios" || t.os == "tvos") && t.environment.empty();
}

std::string env_of(const Triple& t) {
    if (starts_with(t.os, "wasip")) return t.os.substr(4);
    if (t.os == "nto") {  // qnx710_iosock is Neutrino 7.1 with another network
        const std::string_view release = std::string_view(t.environment).substr(3);
        return cat("nto", release.substr(0, 2), release.substr(3));
    }
    if (is_simulator(t)) return "sim";
    constexpr Rename only[] = {{"vxworks", "gnu"},  {"redox", "relibc"}, {"espidf", "newlib"},
                               {"rtems", "newlib"}, {"3ds", "newlib"},   {"v5", "v5"}};
    for (const Rename& row : only) {
        if (row.from == t.os) return std::string(row.to);
    }
    const std::string_view library = split_environment(t.environment).first;
    for (const std::string_view known :
         {"gnu", "musl", "uclibc", "newlib", "msvc", "ohos", "mlibc", "sgx", "macabi", "sim"}) {
        if (library == known) return std::string(known);
    }
    return {};
}

std::string_view abi_of_powerpc64(const Triple& t) {
    if (t.os == "aix") return "vec-extabi";
    const bool old = t.os == "vxworks" || (t.os == "linux" && t.environment == "gnu");
    return t.arch == "powerpc64" && old ? "elfv1" : "elfv2";
}

std::string_view abi_of(const Triple& t) {
    const std::string_view arch = arch_of(t.arch);
    if (t.vendor == "uwp" || t.vendor == "fortanix") return t.vendor;
    if (arch == "powerpc64") return abi_of_powerpc64(t);
    if (starts_with(t.arch, "riscv32e")) return "ilp32e";
    if (t.vendor == "openwrt") return "abi64";
    if (is_simulator(t)) return "sim";
    const std::string_view rest = split_environment(t.environment).second;
    for (const std::string_view known :
         {"eabi", "eabihf", "abi64", "abiv2", "abiv2hf", "spe", "x32", "ilp32", "llvm", "softfloat", "macabi", "sim"}) {
        if (rest == known) return known;
    }
    if (arch != "arm") return {};
    if (t.os == "freebsd" || t.os == "3ds" || t.os == "v5") return "eabihf";
    if (t.os == "trusty" || t.environment == "ohos") return "eabi";
    return {};
}

ByteOrder byte_order_of(std::string_view arch) {
    if (ends_with(arch, "_be") || starts_with(arch, "armeb") || arch == "bpfeb") return ByteOrder::Big;
    if (starts_with(arch, "mips")) return ends_with(arch, "el") ? ByteOrder::Little : ByteOrder::Big;
    if (starts_with(arch, "powerpc")) return ends_with(arch, "le") ? ByteOrder::Little : ByteOrder::Big;
    const bool big = arch == "m68k" || arch == "s390x" || starts_with(arch, "sparc");
    return big ? ByteOrder::Big : ByteOrder::Little;
}

}  // namespace target_detail

TargetFacts facts_of(const Triple& triple) {
    using namespace target_detail;
    TargetFacts facts;
    facts.arch = arch_of(triple.arch);
    facts.vendor = vendor_of(triple);
    facts.os = os_of(triple);
    facts.env = env_of(triple);
    facts.abi = abi_of(triple);
    facts.pointer_width = triple.pointer_width();
    facts.byte_order = byte_order_of(triple.arch);
    return facts;
}

}  // namespace cermet::platform
