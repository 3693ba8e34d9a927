// AbiRecord: what a native file, a compiler or an interpreter says of its binary interface; two of them can be compared.
// SPDX-License-Identifier: MIT
//
// Whatever is not known is left empty, and never an obstacle: a record refuses only what both sides show. Of a file
// libc_version is the newest that it needs, of a compiler the one that it links. Pure values.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "platform/target.h"

namespace cermet::platform {

enum class CxxStrings { Unknown, Cxx11, Old };  // libstdc++: which of its two std::string

struct PythonAbi {
    int major = 3;
    int minor = 0;        // 0 = not known; of the stable ABI its oldest Python
    bool stable = false;  // abi3
    bool free_threaded = false;
    bool debug = false;
    bool known() const { return minor != 0 || stable || free_threaded || debug; }
    std::string tag() const;  // "cp313t", "abi3", ""
    bool operator==(const PythonAbi&) const = default;
};

struct AbiRecord {
    std::string arch;       // as platform tags name it: x86_64, aarch64, i686, armv7l …
    int pointer_width = 0;  // bits; 0 = not known
    std::optional<ByteOrder> byte_order;
    std::string os;            // linux
    std::string libc;          // glibc, musl
    std::string libc_version;  // "2.28"
    std::string cxx_library;   // libstdc++, libc++
    CxxStrings cxx_strings = CxxStrings::Unknown;
    bool cxx_interface = false;   // C++ functions of the one are called by the other: set by who compares
    std::string rustc;            // "1.95.0 (59807616e 2026-04-14)"
    bool rust_interface = false;  // it holds what another rustc cannot read: rlib and dylib
    PythonAbi python;

    std::string text() const;  // "aarch64, 64 bit, little endian, linux, glibc 2.28, libstdc++ with cxx11 strings"
    Json to_json() const;
    bool operator==(const AbiRecord&) const = default;
};

// What keeps `file` from being linked or loaded into `user`, each a sentence without subject: "is for aarch64, not for
// x86_64". Empty: nothing that they show.
std::vector<std::string> abi_conflicts(const AbiRecord& file, const AbiRecord& user);

// 2.9 < 2.28; false where one is no version.
bool older_version(std::string_view left, std::string_view right);

// What a mangled C++ name (Itanium ABI) shows of the library that its types come from.
struct CxxName {
    bool cxx = false;  // it is one
    bool libcxx = false;
    bool cxx11 = false;
    bool old_strings = false;
    std::string entity;  // "tree::Node": its first two names, without types; "" of the standard library's own
};
CxxName read_cxx_name(std::string_view symbol);

}  // namespace cermet::platform
