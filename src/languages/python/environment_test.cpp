// Tests of finding what belongs to an interpreter, without running it.
// SPDX-License-Identifier: MIT
#include "languages/python/environment.h"

#include <doctest/doctest.h>

#include "platform/os.h"
#include "store/test_support.h"

namespace cermet::python {

TEST_CASE("site directories: a free-threaded Python's are called otherwise than its program") {
    const store::testing::TemporaryDirectory directory;
    const std::string prefix = directory.path();
    REQUIRE(platform::make_directories(prefix + "/bin").ok());
    REQUIRE(platform::write_file(prefix + "/bin/python3.13", "").ok());
    REQUIRE(platform::make_directories(prefix + "/lib/python3.13t/site-packages").ok());
    REQUIRE(platform::make_directories(prefix + "/lib/python3.12/site-packages").ok());
    const std::vector<std::string> free = {prefix + "/lib/python3.13t/site-packages"};
    CHECK(site_directories(prefix + "/bin/python3.13") == free);
    REQUIRE(platform::make_directories(prefix + "/lib/python3.13/site-packages").ok());
    const std::vector<std::string> plain = {prefix + "/lib/python3.13/site-packages"};
    CHECK(site_directories(prefix + "/bin/python3.13") == plain);
}

}  // namespace cermet::python
