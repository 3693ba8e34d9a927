// Static libraries: names of both kinds, and bytes that are cut or wrong.
// SPDX-License-Identifier: MIT
#include "base/archive/ar.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet {
namespace ar_test_detail {

std::string padded(std::string text, std::size_t size) {
    text.resize(size, ' ');
    return text;
}

std::string member(const std::string& name, const std::string& bytes) {
    std::string out = padded(name, 16) + padded("0", 12) + padded("0", 6) + padded("0", 6) + padded("644", 8);
    out += padded(std::to_string(bytes.size()), 10) + "`\n" + bytes;
    return bytes.size() % 2 == 1 ? out + "\n" : out;
}

}  // namespace ar_test_detail

TEST_CASE("ar: members and their names") {
    using ar_test_detail::member;
    const std::string long_name = "a_name_of_many_letters.o";
    std::string bytes = "!<arch>\n" + member("/", "symbols") + member("//", "first/\n" + long_name + "/\n");
    bytes += member("short.o/", "abc") + member("/7", "de") + member("#1/8", std::string("bsd.o\0\0\0", 8) + "f");
    const auto members = read_ar(bytes, "x.a");
    REQUIRE(members.ok());
    REQUIRE(members->size() == 3);
    CHECK((*members)[0].name == "short.o");
    CHECK((*members)[0].bytes == "abc");
    CHECK((*members)[1].name == long_name);
    CHECK((*members)[1].bytes == "de");
    CHECK((*members)[2].name == "bsd.o");
    CHECK((*members)[2].bytes == "f");
    CHECK(read_ar("!<arch>\n", "x.a")->empty());
    CHECK(read_ar("!<thin>\nwhatever", "x.a")->empty());
}

TEST_CASE("ar: broken bytes are errors, never reads past the end") {
    using ar_test_detail::member;
    const std::string whole = "!<arch>\n" + member("a.o/", "abcdef") + member("#1/4", "b.o\0x");
    for (std::size_t size = 0; size < whole.size(); ++size) (void)read_ar(whole.substr(0, size), "x.a").ok();
    CHECK_FALSE(read_ar(whole.substr(0, 70), "x.a").ok());
    CHECK_FALSE(read_ar("no archive", "x.a").ok());
    CHECK_FALSE(read_ar("!<arch>\n" + member("#1/99", "abc"), "x.a").ok());
    CHECK(read_ar("!<arch>\n" + member("/99", "abc"), "x.a")->at(0).name.empty());
}

}  // namespace cermet
