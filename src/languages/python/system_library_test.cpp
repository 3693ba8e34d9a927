// Tests of reading what pkg-config files require.
// SPDX-License-Identifier: MIT
#include "languages/python/system_library.h"

#include <doctest/doctest.h>

namespace cermet::python {

TEST_CASE("pkg-config files: names of both fields, without versions") {
    using Names = std::vector<std::string>;
    CHECK(required_packages("Name: x\nRequires: zlib >= 1.2, libcrypto\nRequires.private:  a b<2\n") ==
          Names{"zlib", "libcrypto", "a", "b"});
    CHECK(required_packages("Requires: a >=1 b = 2 c") == Names{"a", "b", "c"});
    CHECK(required_packages("Requires:\nLibs: -lz\n").empty());
    CHECK(required_packages("# Requires: none").empty());
}

}  // namespace cermet::python
