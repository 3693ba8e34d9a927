// Tests of places: rendering both ways, boundaries, kept text.
// SPDX-License-Identifier: MIT
#include "exec/places.h"

#include <doctest/doctest.h>

namespace cermet::exec {

TEST_CASE("places: plain rendering replaces whole prefixes wherever a path begins") {
    Places places;
    places.add("/cermet/ws", "/home/u/my proj");
    places.add("/cermet/out", "/c/roots/1/out");
    places.add("/cermet/ws/gen", "/c/roots/1/mirror/gen");
    CHECK(places.render("-I/cermet/ws/inc") == "-I/home/u/my proj/inc");
    CHECK(places.render("-I/cermet/ws") == "-I/home/u/my proj");
    CHECK(places.render("a=/cermet/out/x:/cermet/ws/gen/h") == "a=/c/roots/1/out/x:/c/roots/1/mirror/gen/h");
    CHECK(places.render("/cermet/wsx/y") == "/cermet/wsx/y");
    CHECK(places.render("/home/cermet/ws/y") == "/home/cermet/ws/y");
    CHECK(places.render("/opt/cermet/ws/y") == "/opt/cermet/ws/y");
    CHECK(places.render("--remap-path-prefix=/cermet/ws=" + keep("/cermet/ws")) ==
          "--remap-path-prefix=/home/u/my proj=/cermet/ws");
    CHECK(places.render("file:///cermet/ws/a") == "file:///home/u/my proj/a");
    CHECK(places.host("/cermet/ws/gen/a.h") == "/c/roots/1/mirror/gen/a.h");
    CHECK(places.host("/usr/include/x.h") == "/usr/include/x.h");
    CHECK(places.host("/cermet/ws") == "/home/u/my proj");
}

TEST_CASE("places: the inverse prefers the longest real prefix") {
    Places places;
    places.add("/cermet/ws", "/p");
    places.add("/cermet/ext/0", "/p/sub/vendor");
    CHECK(places.canonical("/p/a.c") == "/cermet/ws/a.c");
    CHECK(places.canonical("/p/sub/vendor/a.c") == "/cermet/ext/0/a.c");
    CHECK(places.canonical("/private/a.c") == "/private/a.c");
    CHECK(places.canonical_text("error in /p/a.c:3, -I/p/sub/vendor; /x/p/a.c and /p") ==
          "error in /cermet/ws/a.c:3, -I/cermet/ext/0; /x/p/a.c and /cermet/ws");
}

TEST_CASE("places: mount mode changes nothing but kept text") {
    Places places;
    places.mode = RootMode::Mount;
    places.add("/cermet/ws", "/p");
    CHECK(places.render("/cermet/ws/a=" + keep("/cermet/ws")) == "/cermet/ws/a=/cermet/ws");
    CHECK(places.host("/cermet/ws/a") == "/cermet/ws/a");
    CHECK(places.render_outside("x /cermet/ws/a") == "x /p/a");
    CHECK(places.host_outside("/cermet/ws/a") == "/p/a");
}

TEST_CASE("places: what stands between rustc's encoded flags is no place") {
    Places places;
    for (RootMode mode : {RootMode::Mount, RootMode::Plain}) {
        places.mode = mode;
        CHECK(places.render("--cfg\x1fone\x1f-g") == "--cfg\x1fone\x1f-g");
        CHECK(places.render_outside("--cfg\x1fone") == "--cfg\x1fone");
        CHECK(places.render(keep("/cermet/ws/a")) == "/cermet/ws/a");
    }
}

}  // namespace cermet::exec
