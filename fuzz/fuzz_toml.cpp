// Fuzzes the TOML reader: any bytes give a value or an error with a place; values can be walked and turned into JSON.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc fuzz/fuzz_toml.cpp
//     src/base/{toml,json,error,text}.cpp -o fuzz_toml
#include <cstdlib>

#include "base/toml.h"

namespace {

// Every place lies in the document, and keys of one table stand in the file's order.
void check(const cermet::Toml& value) {
    if (value.line < 0 || value.column < 0) std::abort();
    for (const cermet::Toml& item : value.array()) check(item);
    for (const auto& [key, item] : value.table()) {
        const cermet::Toml* found = value.find(key);
        if (found != &item) std::abort();  // a key that occurs twice
        check(item);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const cermet::Result<cermet::Toml> toml = cermet::parse_toml(bytes, "fuzz.toml");
    if (!toml.ok()) {
        if (cermet::render(toml.error()).empty() || toml.error().where.file.empty()) std::abort();
        return 0;
    }
    check(*toml);
    const std::string text = toml->to_json().dump();
    if (!cermet::parse_json(text, "dump").ok()) std::abort();
    return 0;
}
