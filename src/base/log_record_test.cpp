// Tests of log records: every torn or changed tail is cut at the right byte.
// SPDX-License-Identifier: MIT
#include "base/log_record.h"

#include <doctest/doctest.h>

#include <vector>

namespace cermet {

namespace log_record_test {

std::vector<std::string> read_all(std::string_view bytes, std::size_t& good) {
    LogReader reader(bytes, "test", 3);
    std::vector<std::string> out;
    std::string_view payload;
    while (reader.next(payload)) out.emplace_back(payload);
    good = reader.good_bytes();
    return out;
}

}  // namespace log_record_test
using log_record_test::read_all;

TEST_CASE("a log is read back") {
    const std::vector<std::string> records = {"one", "", std::string(100'000, 'x'), std::string("\0z", 2)};
    std::string log = log_header("test", 3);
    CHECK(log.size() == 16);
    for (const std::string& r : records) log += log_record(r);
    std::size_t good = 0;
    CHECK(read_all(log, good) == records);
    CHECK(good == log.size());
}

TEST_CASE("a torn tail is cut at the last whole record, wherever it tears") {
    std::string log = log_header("test", 3) + log_record("first") + log_record("second");
    const std::size_t first_end = 16 + 12 + 5;
    for (std::size_t n = 16; n < log.size(); ++n) {
        std::size_t good = 0;
        const auto records = read_all(std::string_view(log).substr(0, n), good);
        CHECK(records.size() == (n >= first_end ? 1U : 0U));
        CHECK(good == (n >= first_end ? first_end : 16));
    }
}

TEST_CASE("a changed byte ends the log") {
    const std::string log = log_header("test", 3) + log_record("first") + log_record("second");
    const std::size_t first_end = 16 + 12 + 5;
    for (std::size_t i = first_end; i < log.size(); ++i) {
        std::string bad = log;
        bad[i] = static_cast<char>(bad[i] ^ 0x10);
        std::size_t good = 0;
        CHECK(read_all(bad, good).size() == 1);
        CHECK(good == first_end);
    }
}

TEST_CASE("another log's header is refused") {
    const std::string log = log_header("test", 3) + log_record("x");
    CHECK_FALSE(LogReader(log, "test", 4).header_ok());
    CHECK_FALSE(LogReader(log, "tes", 3).header_ok());
    CHECK_FALSE(LogReader("", "test", 3).header_ok());
    CHECK_FALSE(LogReader("cermet", "test", 3).header_ok());
    LogReader reader(log, "other", 3);
    std::string_view payload;
    CHECK_FALSE(reader.next(payload));
    CHECK(reader.good_bytes() == 0);
}

}  // namespace cermet
