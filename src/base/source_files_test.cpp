// Tests of matching files by globs.
// SPDX-License-Identifier: MIT
#include "base/source_files.h"

#include <doctest/doctest.h>

namespace cermet {

TEST_CASE("matching_files: globs begin below the root, and look only below their fixed part") {
    struct Watched : MemoryFiles {
        std::vector<std::string> listed;
        std::vector<SourceEntry> list(const std::string& directory) override {
            listed.push_back(directory);
            return MemoryFiles::list(directory);
        }
    } files;
    files.files = {{"/p/data/a.csv", ""},      {"/p/data/deep/b.csv", ""}, {"/p/data/c.txt", ""},
                   {"/p/data/.git/d.csv", ""}, {"/p/other/e.csv", ""},     {"/p/data/__pycache__/f.csv", ""}};
    using Names = std::vector<std::string>;
    CHECK(matching_files(files, "/p", "data/**/*.csv") == Names{"data/a.csv", "data/deep/b.csv"});
    for (const std::string& directory : files.listed) CHECK(directory.substr(0, 7) == "/p/data");
    files.listed.clear();
    CHECK(matching_files(files, "/p", "data/*.csv") == Names{"data/a.csv"});
    CHECK(matching_files(files, "/p", "d*/deep/*.csv") == Names{"data/deep/b.csv"});
    CHECK(files.listed == Names{"/p/data", "/p", "/p/data/deep"});
    CHECK(matching_files(files, "/p", "*/e.csv") == Names{"other/e.csv"});
    CHECK(matching_files(files, "/", "p/other/*") == Names{"p/other/e.csv"});
    CHECK(matching_files(files, "/p", "data/a.csv") == Names{"data/a.csv"});
    CHECK(matching_files(files, "/p", "data").empty());
    CHECK(matching_files(files, "/p", "nowhere/*").empty());
    CHECK(searched_directory("data/**/*.csv") == "data");
    CHECK(searched_directory("data/a.csv").empty());
}

}  // namespace cermet
