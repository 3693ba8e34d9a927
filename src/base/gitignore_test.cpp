// Tests of the gitignore evaluator; the judge compares it with git on random trees.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/gitignore.h"
#include "base/text.h"

namespace cermet {

TEST_CASE("wildmatch stops at slashes but for a whole ** segment") {
    CHECK(wildmatch("*.c", "a.c"));
    CHECK_FALSE(wildmatch("*.c", "d/a.c"));
    CHECK(wildmatch("**/a", "a"));
    CHECK(wildmatch("**/a", "x/y/a"));
    CHECK(wildmatch("a/**/b", "a/b"));
    CHECK(wildmatch("a/**/b", "a/x/y/b"));
    CHECK(wildmatch("a/**", "a/x/y"));
    CHECK_FALSE(wildmatch("a/**", "a"));
    CHECK_FALSE(wildmatch("a**/b", "a/x/b"));
    CHECK(wildmatch("[!a-c]x", "dx"));
    CHECK_FALSE(wildmatch("[!a-c]x", "bx"));
    CHECK_FALSE(wildmatch("a[/]b", "a/b"));
    CHECK(wildmatch("[[:digit:]]", "7"));
    CHECK(wildmatch("\\*", "*"));
    CHECK_FALSE(wildmatch("[a", "[a"));
    CHECK_FALSE(wildmatch("a\\", "a\\"));
    CHECK_FALSE(wildmatch(std::string(60, '*') + "a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST_CASE("the last pattern of the nearest file decides, but not below an ignored directory") {
    MemoryFiles files;
    files.files["/r/.git/HEAD"] = "";
    files.files["/r/.git/info/exclude"] = "secret\n";
    files.files["/r/.gitignore"] = "# comment\n*.so\nbuild/\n!keep.so\n/top\nnested/*.txt \n";
    files.files["/r/src/.gitignore"] = "!*.so\n";
    files.files["/r/build/a"] = files.files["/r/src/m.so"] = files.files["/r/m.so"] = "";
    files.files["/r/keep.so"] = files.files["/r/src/top"] = files.files["/r/top"] = "";
    files.files["/r/secret"] = files.files["/r/nested/a.txt"] = "";
    GitIgnore ignore(files, "/r");
    CHECK(ignore.ignored("/r/m.so", false));
    CHECK_FALSE(ignore.ignored("/r/keep.so", false));
    CHECK_FALSE(ignore.ignored("/r/src/m.so", false));
    CHECK(ignore.ignored("/r/build/a", false));
    CHECK_FALSE(ignore.ignored("/r/build", false));
    CHECK(ignore.ignored("/r/top", false));
    CHECK_FALSE(ignore.ignored("/r/src/top", false));
    CHECK(ignore.ignored("/r/secret", false));
    CHECK(ignore.why("/r/nested/a.txt", false)->line == 6);
    CHECK(join(ignore.list("/r"), " ") == ".gitignore keep.so src/.gitignore src/m.so src/top");
    CHECK(find_git_root(files, "/r/src/deep") == "/r");
    CHECK(find_git_root(files, "/elsewhere") == "");
}

}  // namespace cermet
