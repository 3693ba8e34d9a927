// Manylinux: the widest platform tag that the native files of a wheel deserve, from symbol versions and needed libraries.
// SPDX-License-Identifier: MIT
//
// The policy: for each manylinux_2_N the newest glibc, libgcc, libstdc++ and zlib symbol versions and the libraries that may
// come from the system. Files that need anything else keep the plain linux tag, and the reasons say why. Pure functions.
// Source: PEP 600, 656, platform-compatibility-tags; auditwheel is the judge in tests.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "languages/python/elf.h"
#include "options/config.h"

namespace cermet::python {

struct NativeFile {
    std::string path;  // in the wheel
    ElfFile elf;
};

struct PlatformChoice {
    std::vector<std::string> platforms;  // {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}; or {"linux_x86_64"}
    std::vector<std::string> reasons;    // why not an older one: "pkg/_core.so needs fcntl64@GLIBC_2.28 (libc.so.6)"
    std::vector<std::string> external_libraries;  // needed, not allowed by any policy, not in the wheel
    bool audited() const { return !platforms.empty() && platforms[0].compare(0, 6, "linux_") != 0; }
};

// `platform_tag` is the interpreter's (linux_x86_64). Files of another architecture are an error. musl programs give
// musllinux_1_2 only when `musl_version` (for example "1.2") is known, else linux_….
Result<PlatformChoice> choose_platform(const std::vector<NativeFile>& files, std::string_view platform_tag,
                                       std::string_view musl_version = {});

struct BrokenPromise {
    std::string file;                  // path in the wheel; "" = none of them alone
    std::string text;                  // "pkg/_core.so needs fcntl64@GLIBC_2.28 (libc.so.6)"
    std::vector<std::string> symbols;  // that brought it
};
// Why the files do not keep a promise of manylinux or musllinux; empty: they do. Architecture is not looked at.
std::vector<BrokenPromise> broken_promises(const std::vector<NativeFile>& files, std::string_view arch,
                                           const options::Compatibility& promise, std::string_view musl_version = {});
// {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}; `arch` as in platform tags.
std::vector<std::string> platform_tags(const options::Compatibility& promise, std::string_view arch);
std::string promise_text(const options::Compatibility& promise);  // "manylinux_2_17"
bool uses_musl(const ElfFile& elf);

}  // namespace cermet::python
