// Tests of JSON: canonical text, numbers, errors with their places.
// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace cermet {

namespace json_test {

std::string canonical(std::string_view text) {
    Result<Json> v = parse_json(text, "t.json");
    return v.ok() ? v->dump() : "error";
}

}  // namespace json_test
using json_test::canonical;

TEST_CASE("JSON has one text per value") {
    CHECK(canonical(" { \"b\" : [ 1 , 2.5 , null ] , \"a\" : { } } ") == "{\"a\":{},\"b\":[1,2.5,null]}");
    CHECK(canonical("[]") == "[]");
    CHECK(canonical("true") == "true");
    CHECK(canonical("\"\\u00e4\\ud83e\\udd80\\u0000\\/\\n\"") == "\"\xc3\xa4\xf0\x9f\xa6\x80\\u0000/\\n\"");
    CHECK(canonical("{\"a\":1,\"a\":2}") == "{\"a\":2}");  // the last wins
    CHECK(canonical("\xef\xbb\xbf[1]") == "[1]");
    const Json v = Json().set("k", Json::strings({"x", "y"})).set("n", 1);
    CHECK(v.dump(2) == "{\n  \"k\": [\n    \"x\",\n    \"y\"\n  ],\n  \"n\": 1\n}");
    CHECK(Json(Json::Object{}).dump(2) == "{}");
    CHECK(Json(std::string("a\xff"
                           "b\xc3"))
              .dump() ==
          "\"a\xef\xbf\xbd"
          "b\xef\xbf\xbd\"");
}

TEST_CASE("JSON numbers are int64 where they fit and double otherwise") {
    CHECK(canonical("9223372036854775807") == "9223372036854775807");
    CHECK(canonical("-9223372036854775808") == "-9223372036854775808");
    CHECK(parse_json("9223372036854775808", "t")->is_double());
    CHECK(parse_json("-9223372036854775809", "t")->is_double());
    CHECK(canonical("1.0") == "1.0");
    CHECK(canonical("-0.0") == "-0.0");
    CHECK(canonical("1e300") == "1e+300");
    CHECK(canonical("0.1") == "0.1");
    CHECK(canonical("NaN") == "error");
    CHECK(canonical("Infinity") == "error");
    CHECK(canonical("1e999") == "error");
    CHECK(Json(std::numeric_limits<double>::quiet_NaN()).dump() == "null");
}

TEST_CASE("invalid JSON is an error with its place") {
    const auto place = [](std::string_view text, int line, int column) {
        Result<Json> v = parse_json(text, "t.json");
        REQUIRE_FALSE(v.ok());
        CHECK(v.error().kind == ErrorKind::Project);
        CHECK(v.error().where.file == "t.json");
        CHECK_MESSAGE(v.error().where.line == line, v.error().message);
        CHECK_MESSAGE(v.error().where.column == column, v.error().message);
    };
    place("", 1, 1);
    place("{\"a\":1,}", 1, 8);
    place("[1,\n \"\xc3\xa4\" x]", 2, 6);
    place("[1] 2", 1, 5);
    place("\"\xff\"", 1, 2);
    for (const char* bad : {"{", "[1", "\"a", "{\"a\"}", "{a:1}", "// c\n1", "'a'", "01", "+1", "\"\t\"", "nul"}) {
        CHECK_FALSE(parse_json(bad, "t").ok());
    }
}

TEST_CASE("deep JSON is refused, not a crash") {
    const std::string deep(1'000'000, '[');
    Result<Json> v = parse_json(deep, "t");
    REQUIRE_FALSE(v.ok());
    CHECK(v.error().message.find("deep") != std::string::npos);
    CHECK(parse_json(std::string(500, '[') + std::string(500, ']'), "t").ok());
}

TEST_CASE("readers of the wrong type give zero values") {
    const Json v = *parse_json("{\"a\":[1,\"s\",\"t\"],\"d\":2.5}", "t");
    CHECK(v["a"].string_list() == std::vector<std::string>{"s", "t"});
    CHECK(v["missing"]["deeper"].is_null());
    CHECK(v["a"].string().empty());
    CHECK(v["a"].integer() == 0);
    CHECK(v["d"].number() == 2.5);
    CHECK(v.find("x") == nullptr);
    CHECK(v == *parse_json(v.dump(), "t"));
}

}  // namespace cermet
