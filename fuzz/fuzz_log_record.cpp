// Fuzzes the log reader: any bytes give records that, written again, are exactly the good bytes; and the byte reader.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc
//     fuzz/fuzz_log_record.cpp src/base/{log_record,bytes,digest,error,text}.cpp -o fuzz_log_record
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/log_record.h"

namespace {

void check_log(std::string_view bytes) {
    cermet::LogReader reader(bytes, "fuzz", 1);
    std::string rebuilt = reader.header_ok() ? cermet::log_header("fuzz", 1) : std::string();
    std::string_view payload;
    while (reader.next(payload)) rebuilt += cermet::log_record(payload);
    if (reader.good_bytes() != rebuilt.size() || bytes.substr(0, rebuilt.size()) != rebuilt) std::abort();
}

// The first bytes say which reads follow; none may leave the input, and after a failure all are empty.
void check_reader(std::string_view bytes) {
    cermet::ByteReader reader(bytes);
    for (std::size_t i = 0; i < bytes.size() && i < 64; ++i) {
        const bool failed_before = !reader.ok();
        std::uint64_t value = 0;
        switch (static_cast<unsigned char>(bytes[i]) % 6) {
            case 0: value = reader.u8(); break;
            case 1: value = reader.u32(); break;
            case 2: value = reader.u64(); break;
            case 3: value = reader.varint(); break;
            case 4: value = reader.string().size(); break;
            default: value = reader.digest().size; break;
        }
        if (failed_before && (value != 0 || reader.ok())) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_log(bytes);
    // The checksums keep a fuzzer from making whole records: give it some, then its own bytes, cut or changed.
    std::string log = cermet::log_header("fuzz", 1) + cermet::log_record(bytes.substr(0, size / 2));
    const std::size_t good = log.size();
    log += cermet::log_record(bytes.substr(size / 2));
    check_log(log);
    if (size > 0) {
        std::string changed = log;
        const std::size_t at = good + data[0] % (log.size() - good);
        changed[at] = static_cast<char>(changed[at] ^ 0x40);
        cermet::LogReader reader(changed, "fuzz", 1);
        std::string_view payload;
        while (reader.next(payload)) {
        }
        if (reader.good_bytes() != good) std::abort();
        check_log(std::string_view(log).substr(0, at));
    }
    check_log(log + std::string(bytes));
    check_reader(bytes);
    return 0;
}
