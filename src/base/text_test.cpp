// Tests of text, globs, shell words and paths.
// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/source_files.h"

namespace cermet {

using Words = std::vector<std::string>;

TEST_CASE("a list is asked for an item, and takes each once") {
    Words list = {"b", "a"};
    CHECK(contains(list, "a"));
    CHECK_FALSE(contains(list, "c"));
    CHECK(contains(std::string("abc"), std::string("b")));  // a part of a text
    add_once(list, "b");
    add_once(list, "c");
    CHECK(list == Words{"b", "a", "c"});
    add_all_once(list, {"a", "d", "d"});
    CHECK(list == Words{"b", "a", "c", "d"});
    constexpr int k_numbers[] = {1, 2};
    CHECK(contains(k_numbers, 2));
}

TEST_CASE("text is split and joined") {
    CHECK(split("a,,b", ',') == Words{"a", "", "b"});
    CHECK(split("", ',') == Words{""});
    CHECK(split("a,", ',') == Words{"a", ""});
    CHECK(split_words(" a\t b\n") == Words{"a", "b"});
    CHECK(split_words("  ").empty());
    CHECK(split_lines("a\r\n\nb") == Words{"a", "", "b"});
    CHECK(split_lines("a\n") == Words{"a"});
    CHECK(split_lines("").empty());
    CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
    CHECK(join({}, ",").empty());
    CHECK(trim(" \ta b\n") == "a b");
    CHECK(trim(" \n").empty());
    CHECK(replace_all("aXbX", "X", "--") == "a--b--");
    CHECK(replace_all("abc", "", "x") == "abc");
    CHECK(cat("a", 1, 'c', std::string("d"), -2L, 1.5) == "a1cd-21.5");
    CHECK(lower("ÄBC") == "Äbc");
    CHECK(upper("abc1") == "ABC1");
}

TEST_CASE("bytes become hex and base64url, and hex comes back") {
    CHECK(hex(std::string("\x00\xff\x10", 3)) == "00ff10");
    std::string bytes;
    CHECK(unhex("00FF10", bytes));
    CHECK(bytes == std::string("\x00\xff\x10", 3));
    CHECK_FALSE(unhex("0", bytes));
    CHECK_FALSE(unhex("0g", bytes));
    CHECK(base64url("").empty());  // RFC 4648 §10, without padding
    CHECK(base64url("f") == "Zg");
    CHECK(base64url("fo") == "Zm8");
    CHECK(base64url("foo") == "Zm9v");
    CHECK(base64url("foobar") == "Zm9vYmFy");
    CHECK(base64url("\xfb\xff") == "-_8");
}

TEST_CASE("only well-formed UTF-8 is valid") {
    for (const char* good : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\xa6\x80", "\xf4\x8f\xbf\xbf"}) {
        CHECK(valid_utf8(good));
    }
    for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf8\x88\x80\x80\x80", "\xff", "a\xe2\x82"}) {
        CHECK_FALSE(valid_utf8(bad));
    }
}

TEST_CASE("shell words are split as sh splits them") {
    Words words;
    const auto check = [&](std::string_view text, const Words& expected) {
        CHECK(split_shell(text, words));
        CHECK_MESSAGE(words == expected, std::string(text));
    };
    check("", {});
    check("  -O2  -g\n-Wall ", {"-O2", "-g", "-Wall"});
    check("-DA='b c' \"d e\"f", {"-DA=b c", "d ef"});
    check("'' \"\"", {"", ""});
    check("a\\ b \\\\ \\'", {"a b", "\\", "'"});
    check("\"a\\\"b\\$c\\`d\\\\e\\nf\"", {"a\"b$c`d\\e\\nf"});
    check("a\\\nb \"c\\\nd\"", {"ab", "cd"});
    check("-DX=\\\"s\\\"", {"-DX=\"s\""});
    check("a#b # c", {"a#b", "#", "c"});
    for (const char* open : {"'", "\"", "a\\", "\"\\", "\"a\\\""}) {
        words = {"kept"};
        CHECK_FALSE(split_shell(open, words));
        CHECK(words == Words{"kept"});
    }
    for (const std::string& word : {std::string(), std::string("a b"), std::string("it's"), std::string("$x`\"\\"),
                                    std::string("-DA=b"), std::string("new\nline"), std::string("*?[")}) {
        CHECK(split_shell(shell_quote(word), words));
        CHECK(words == Words{word});
    }
    CHECK(shell_join({"cc", "-DA=b c", ""}) == "cc '-DA=b c' ''");
}

TEST_CASE("globs match by segment") {
    CHECK(glob_match("*.pyx", "a.pyx"));
    CHECK_FALSE(glob_match("*.pyx", "d/a.pyx"));
    CHECK(glob_match("**/*.pyx", "a.pyx"));
    CHECK(glob_match("**/*.pyx", "d/e/a.pyx"));
    CHECK(glob_match("d/**", "d/e/f"));
    CHECK(glob_match("d/**", "d"));
    CHECK(glob_match("**", "anything/at/all"));
    CHECK(glob_match("a/**/b/**/c", "a/x/b/b/y/c"));
    CHECK_FALSE(glob_match("a/**/b/**/c", "a/x/y/c"));
    CHECK(glob_match("a**b", "axxb"));
    CHECK_FALSE(glob_match("a**b", "a/b"));
    CHECK(glob_match("?.c", "\xc3\xa4.c"));  // one character, two bytes
    CHECK_FALSE(glob_match("?.c", "ab.c"));
    CHECK(glob_match("[a-cx].c", "b.c"));
    CHECK(glob_match("[a-cx].c", "x.c"));
    CHECK_FALSE(glob_match("[a-c].c", "d.c"));
    CHECK(glob_match("[!a-c].c", "d.c"));
    CHECK(glob_match("[^a-c].c", "d.c"));
    CHECK(glob_match("[]]", "]"));
    CHECK(glob_match("[a-]", "-"));
    CHECK(glob_match("[", "["));  // never closed: itself
    CHECK(glob_match("a[", "a["));
    CHECK_FALSE(glob_match("*",
                           ""
                           "a/b"));
    CHECK(glob_match("*", ""));
    CHECK(glob_match("", ""));
    CHECK_FALSE(glob_match("", "a"));
    CHECK(glob_match("*a*b*", "xxaxxbxx"));
    CHECK_FALSE(glob_match("*a*b", "xxaxxbx"));
    CHECK(has_glob("a*"));
    CHECK_FALSE(has_glob("a/b.c"));
}

TEST_CASE("a glob of many stars is not slow") {
    std::string pattern, stars;
    for (int i = 0; i < 50; ++i) {
        pattern += "*a";
        stars += "**/a/";
    }
    CHECK_FALSE(glob_match(pattern + "b", std::string(2000, 'a')));
    CHECK_FALSE(glob_match(stars + "b", replace_all(std::string(2000, 'a'), "a", "a/")));
}

TEST_CASE("the nearest word is a likely typo, never a wild guess") {
    const Words keys = {"include", "packages", "cython", "rust-module", "c-flags"};
    CHECK(nearest("inlcude", keys) == "include");
    CHECK(nearest("package", keys) == "packages");
    CHECK(nearest("rust_module", keys) == "rust-module");
    CHECK(nearest("Cython", keys) == "cython");
    CHECK(nearest("zzz", keys).empty());
    CHECK(nearest("", keys).empty());
    CHECK(nearest("x", {"y"}).empty());
}

TEST_CASE("paths are normalised by text alone") {
    CHECK(normalise("") == ".");
    CHECK(normalise("a//b/./c/") == "a/b/c");
    CHECK(normalise("a/../..") == "..");
    CHECK(normalise("/../a") == "/a");
    CHECK(normalise("/") == "/");
    CHECK(normalise("a/..") == ".");
    CHECK(join_path("a", "b") == "a/b");
    CHECK(join_path("a", "/b") == "/b");
    CHECK(join_path("a/b", "../c") == "a/c");
    CHECK(join_path("", "c") == "c");
    CHECK(join_path("/", "c") == "/c");
    CHECK(join_path(".", "c") == "c");
}

TEST_CASE("paths are taken apart") {
    CHECK(parent("a/b") == "a");
    CHECK(parent("a").empty());
    CHECK(parent("/a") == "/");
    CHECK(file_name("a/b.c") == "b.c");
    CHECK(extension("a/b.pyx") == ".pyx");
    CHECK(extension("a.d/b").empty());
    CHECK(extension("x.tar.gz") == ".gz");
    CHECK(extension(".hidden").empty());
    CHECK(extension("..").empty());
    CHECK(stem("a/b.c") == "b");
    CHECK(stem(".hidden") == ".hidden");
}

TEST_CASE("paths are related to each other") {
    CHECK(is_within("/a/b", "/a"));
    CHECK(is_within("/a", "/a"));
    CHECK(is_within("/a", "/"));
    CHECK_FALSE(is_within("/ab", "/a"));
    CHECK_FALSE(is_within("/a", "a"));
    CHECK(is_within("a/b", "."));
    CHECK_FALSE(is_within("../a", "."));
    CHECK(relative_to("/a/b/c", "/a") == "b/c");
    CHECK(relative_to("/a", "/a/b/c") == "../..");
    CHECK(relative_to("/a/x", "/a/y") == "../x");
    CHECK(relative_to("/a", "/a") == ".");
    CHECK(relative_to("a/b", ".") == "a/b");
    CHECK(relative_to("b", "../a") == "b");
    CHECK(common_parent({"/a/b/c", "/a/b/d", "/a/b"}) == "/a/b");
    CHECK(common_parent({"/a", "/b"}) == "/");
    CHECK(common_parent({"/ab", "/a"}) == "/");
    CHECK(common_parent({}).empty());
}

TEST_CASE("an error is shown with its place, reasons, output, command and hint") {
    Error error = project_error("unknown key \"includ\"").at("pyproject.toml", 12, 3).note("while building wheel foo");
    error.output = "one\n\n  two\n";
    error.command = "cc -c 'a b.c'";
    error.hint = "did you mean \"include\"?";
    CHECK(render(error) ==
          "error: unknown key \"includ\"\n"
          "  --> pyproject.toml:12:3\n"
          "  because: while building wheel foo\n"
          "  one\n\n    two\n"
          "  run it by hand: cc -c 'a b.c'\n"
          "  hint: did you mean \"include\"?\n");
    CHECK(render(usage_error("a\nb")) == "error: a\n  b\n");
    CHECK(exit_code(ErrorKind::Cancelled) == 130);
    CHECK(exit_code(ErrorKind::Step) == 1);
}

TEST_CASE("files in memory have directories by their names") {
    MemoryFiles files;
    files.files = {{"/w/a.c", "1"}, {"/w/d/b.c", "2"}, {"/w/d/e/c.c", "3"}, {"/w2", "4"}};
    CHECK(files.kind("/w") == SourceKind::Directory);
    CHECK(files.kind("/w/a.c") == SourceKind::File);
    CHECK(files.kind("/w/d/") == SourceKind::Directory);
    CHECK(files.kind("/x") == SourceKind::Absent);
    const auto list = files.list("/w");
    REQUIRE(list.size() == 2);
    CHECK(list[0].name == "a.c");
    CHECK(list[1].name == "d");
    CHECK(list[1].kind == SourceKind::Directory);
    CHECK(files.list("/x").empty());
    CHECK(files.need("/w/a.c").ok());
    CHECK(files.need("/x").error().kind == ErrorKind::Project);
    CHECK(files.digest("/w2") == digest_of("4"));
}

}  // namespace cermet
