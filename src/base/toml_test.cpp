// Tests of TOML: values, the file's order, places, errors, and hostile depth.
// SPDX-License-Identifier: MIT
#include "base/toml.h"

#include <doctest/doctest.h>

namespace cermet {

namespace toml_test {

Toml parsed(std::string_view text) {
    Result<Toml> v = parse_toml(text, "t.toml");
    REQUIRE_MESSAGE(v.ok(), (v.ok() ? std::string() : render(v.error())));
    return *v;
}

std::vector<std::string> keys(const Toml& table) {
    std::vector<std::string> out;
    for (const auto& [key, value] : table.table()) out.push_back(key);
    return out;
}

constexpr std::string_view k_document = R"(title = "x"

[zebra.inner]
n = 1
[apple]
flag = true
pi = 3.5
list = ["b", "a",
        "c"]
dep = { version = "1", features = [] }
[[pet]]
name = "one"
[[pet]]
name = "two"
[zebra]
late = 2
dotted.key = 1
)";

}  // namespace toml_test
using namespace toml_test;

TEST_CASE("TOML tables keep the file's order") {
    const Toml doc = parsed(k_document);
    CHECK(keys(doc) == std::vector<std::string>{"title", "zebra", "apple", "pet"});
    CHECK(keys(*doc.find("zebra")) == std::vector<std::string>{"inner", "late", "dotted"});
    CHECK(keys(*doc.find("apple")) == std::vector<std::string>{"flag", "pi", "list", "dep"});
    CHECK(keys(parsed("b = 1\na = 2\n\"0\" = 3\n")) == std::vector<std::string>{"b", "a", "0"});
    CHECK(keys(*parsed("t = { z = 1, y = 2, x = 3 }").find("t")) == std::vector<std::string>{"z", "y", "x"});
}

TEST_CASE("TOML values have their types and places") {
    const Toml doc = parsed(k_document);
    const Toml& apple = *doc.find("apple");
    CHECK(apple.line == 5);
    CHECK(apple.find("flag")->boolean());
    CHECK(apple.find("pi")->number() == 3.5);
    CHECK(apple.find("list")->string_list() == std::vector<std::string>{"b", "a", "c"});
    CHECK(apple.find("list")->line == 8);
    CHECK(apple.find("list")->array()[2].line == 9);
    CHECK(apple.find("list")->array()[2].column == 9);
    CHECK(apple.find("dep")->inline_table);
    CHECK_FALSE(apple.inline_table);
    CHECK(doc.find("title")->line == 1);
    CHECK(doc.find("title")->column == 9);
    CHECK(doc.find_path("zebra.inner.n")->integer() == 1);
    CHECK(doc.find_path("zebra.dotted.key")->line == 17);
    CHECK(doc.find_path("zebra.nothing.key") == nullptr);
    CHECK(doc.find_path("title.x") == nullptr);
    CHECK(doc.find("pet")->is_array());
    CHECK(doc.find("pet")->array()[1].line == 13);
    CHECK(doc.find("zebra")->line > 0);
    CHECK(doc.find("title")->kind_name() == "a string");
    CHECK(doc.kind_name() == "a table");
    CHECK(doc.find("zebra")->to_json().dump() == "{\"dotted\":{\"key\":1},\"inner\":{\"n\":1},\"late\":2}");
}

TEST_CASE("TOML dates and times are text") {
    const Toml doc = parsed(
        "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 00:32:00.999999-07:00\nc = 1979-05-27T07:32:00\n"
        "d = 1979-05-27\ne = 07:32:05.5\n");
    CHECK(doc.find("a")->string() == "1979-05-27T07:32:00Z");
    CHECK(doc.find("b")->string() == "1979-05-27T00:32:00.999999-07:00");
    CHECK(doc.find("c")->string() == "1979-05-27T07:32:00");
    CHECK(doc.find("d")->string() == "1979-05-27");
    CHECK(doc.find("e")->string() == "07:32:05.5");
}

TEST_CASE("TOML errors have a place") {
    const auto place = [](std::string_view text, int line) {
        Result<Toml> v = parse_toml(text, "t.toml");
        REQUIRE_FALSE(v.ok());
        CHECK(v.error().kind == ErrorKind::Project);
        CHECK(v.error().where.file == "t.toml");
        CHECK_MESSAGE(v.error().where.line == line, v.error().message);
        CHECK(v.error().where.column > 0);
    };
    place("a = 1\nb = \n", 2);
    place("a = 1\na = 2\n", 2);
    place("[t]\nx = 1\n\n[t]\n", 4);
    place("a = 1\n[+b.c]\n", 2);
    place("[[+]]\n", 1);
    place("a \xc3\xa4 = 1\n", 1);
    place("a = 1 \xef\xad\x86\n", 1);
    place("s = \"open\n", 1);
    place("x = 01\n", 1);
    place("\n\nk = \"\xff\"\n", 3);
    place("t = { a = 1,\n b = 2 }\n", 1);  // TOML 1.0: an inline table is one line
    place("a = 9223372036854775808\n", 1);
}

TEST_CASE("TOML strings of all sorts") {
    CHECK(parsed("a = 'C:\\x'").find("a")->string() == "C:\\x");
    CHECK(parsed("a = \"\\u00e4\\t\"").find("a")->string() == "\xc3\xa4\t");
    CHECK(parsed("a = \"\"\"\nx\ny\"\"\"").find("a")->string() == "x\ny");
    CHECK(parsed("a = \"\"\"x\"\"\"\"\"").find("a")->string() == "x\"\"");
    CHECK(parsed("a = \"\"\"x \\\n \xc3\xa4\"\"\"").find("a")->string() == "x \xc3\xa4");
    CHECK(parsed("\"a.b\" = 1").find("a.b")->integer() == 1);
    CHECK(parsed("\xef\xbb\xbf"
                 "a = 1")
              .find("a")
              ->integer() == 1);
    CHECK(parsed("a = 1\r\nb = 2\r\n").find("b")->integer() == 2);
    CHECK(parsed("").table().empty());
}

TEST_CASE("hostile TOML is refused, not a crash") {
    std::string dotted = "a";
    for (int i = 0; i < 200'000; ++i) dotted += ".a";
    CHECK_FALSE(parse_toml(dotted + " = 1", "t").ok());
    CHECK_FALSE(parse_toml("[" + dotted + "]", "t").ok());
    CHECK_FALSE(parse_toml("x = {" + dotted + " = 1}", "t").ok());
    CHECK_FALSE(parse_toml("x = '' \n" + dotted + " = !", "t").ok());
    CHECK_FALSE(parse_toml("x = " + std::string(100'000, '['), "t").ok());
    std::string tables = "x = ";
    for (int i = 0; i < 50'000; ++i) tables += "{a=";
    CHECK_FALSE(parse_toml(tables, "t").ok());
    const std::string dots(5000, '.');  // dots in strings and comments are no keys
    CHECK(parse_toml("a = \"" + dots + "\" # " + dots + "\nb = '''\n" + dots + "\n'''\n", "t").ok());
    CHECK(parse_toml("a = \"\"\"x\"\"\"\" # \" " + dots + "\n\nb = 1\n", "t").ok());
}

TEST_CASE("TOML values can be made and changed") {
    Toml t;
    t.set("b", Toml::of("text"));
    t.set("a", Toml::of(3));
    t.set("b", Toml::of(true));
    CHECK(keys(t) == std::vector<std::string>{"b", "a"});
    CHECK(t.find("b")->is_bool());
    CHECK(t.find("a")->is_int());
    CHECK(Toml::of("text").is_string());
    CHECK(Toml::of(1.5).is_float());
}

}  // namespace cermet
