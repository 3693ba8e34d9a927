// Fuzzes the JSON reader: any bytes give a value or an error; a value's text is JSON again and a fixed point.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc fuzz/fuzz_json.cpp
//     src/base/{json,error,text}.cpp -o fuzz_json
#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    // A string made of the bytes is always written as JSON, whatever they are.
    const cermet::Result<cermet::Json> quoted = cermet::parse_json(cermet::Json(bytes).dump(), "string");
    if (!quoted.ok() || !quoted->is_string()) std::abort();

    const cermet::Result<cermet::Json> json = cermet::parse_json(bytes, "fuzz.json");
    if (!json.ok()) {
        if (json.error().where.file.empty()) std::abort();
        return 0;
    }
    const std::string text = json->dump();
    const cermet::Result<cermet::Json> again = cermet::parse_json(text, "dump");
    if (!again.ok() || !(*again == *json) || again->dump() != text) std::abort();
    const cermet::Result<cermet::Json> indented = cermet::parse_json(json->dump(2), "indented");
    if (!indented.ok() || indented->dump() != text) std::abort();
    return 0;
}
