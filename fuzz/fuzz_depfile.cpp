// Fuzzes the depfile parsers: no crash, and no duplicate or empty name in what they give.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc
// fuzz/fuzz_depfile.cpp
//     src/exec/depfile.cpp src/base/{error,text}.cpp -o fuzz_depfile
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "exec/depfile.h"

static void check(const std::vector<std::string>& names) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
        if (name.empty() || !seen.insert(name).second) std::abort();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto make = cermet::exec::parse_depfile(bytes, "fuzz.d");
    if (make.ok()) check(*make);
    auto rust = cermet::exec::parse_dep_info(bytes, "fuzz.d");
    if (rust.ok()) check(rust->files);
    return 0;
}
