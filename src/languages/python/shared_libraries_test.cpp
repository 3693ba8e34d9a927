// Tests of the names of shared libraries.
// SPDX-License-Identifier: MIT
#include "languages/python/shared_libraries.h"

#include <doctest/doctest.h>

namespace cermet::python {

TEST_CASE("a shared library's name ends with its distribution, in letters that rustc takes for a crate") {
    CHECK(shared_library_file("tree", "spring") == "libtree_spring.so");
    CHECK(shared_library_file("tree", "") == "libtree.so");
    CHECK(shared_library_stem("c++-tree.2", "My.Spring-kit") == "c___tree_2_my_spring_kit");
}

TEST_CASE("the distribution's name is read where there is one") {
    MemoryFiles files;
    options::Config config;
    config.directory = "/p";
    Result<std::string> none = distribution_name(files, config);
    REQUIRE(none.ok());
    CHECK(none->empty());
    config.has_pyproject = true;
    CHECK(!distribution_name(files, config).ok());
    files.files["/p/pyproject.toml"] = "[project]\nname = \"spring\"\ndynamic = [\"version\"]\n";
    Result<std::string> name = distribution_name(files, config);
    REQUIRE(name.ok());
    CHECK(*name == "spring");
}

}  // namespace cermet::python
