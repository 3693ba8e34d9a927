// Fuzzes the records of exec: any bytes are a record or none, and a record is a fixed point.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc
// fuzz/fuzz_exec_records.cpp
//     src/exec/{records,action,places}.cpp src/base/{bytes,digest,error,path,text}.cpp -o
//     fuzz_exec_records
#include <cstdint>
#include <cstdlib>

#include "exec/records.h"

using namespace cermet::exec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (auto leaves = decode_leaves(bytes)) {
        if (decode_leaves(encode_leaves(*leaves)) != leaves) std::abort();
    }
    if (auto outcome = decode_outcome(bytes)) {
        const std::string again = encode_outcome(*outcome);
        auto second = decode_outcome(again);
        if (!second || encode_outcome(*second) != again) std::abort();
    }
    if (auto memory = decode_memory(bytes)) {
        const std::string again = encode_memory(*memory);
        auto second = decode_memory(again);
        if (!second || encode_memory(*second) != again) std::abort();
        (void)differences(*memory, *second);
        (void)differences(StepMemory(), *memory);
    }
    (void)decode_mark(bytes);
    return 0;
}
