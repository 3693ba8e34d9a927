// Tests of build-details.json: what is written can be read, and paths count from where the installation lies.
// SPDX-License-Identifier: MIT
#include "languages/python/build_details.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet::python {

namespace {

Interpreter debug_python() {
    Interpreter p;
    p.implementation = "cpython";
    p.major = 3;
    p.minor = 15;
    p.micro = 0;
    p.full_version = "3.15.0b2";
    p.cache_tag = "cpython-315";
    p.ext_suffix = ".cpython-315td-aarch64-linux-gnu.so";
    p.soabi = "cpython-315td-aarch64-linux-gnu";
    p.multiarch = "aarch64-linux-gnu";
    p.platform = "linux-aarch64";
    p.gil_disabled = true;
    p.debug = true;
    p.base_prefix = "/opt/python";
    p.base_executable = "/opt/python/bin/python3.15";
    p.include_directory = "/opt/python/include/python3.15td";
    p.library_directory = "/opt/python/lib";
    p.vars["Py_ENABLE_SHARED"] = "1";
    p.vars["INSTSONAME"] = "libpython3.15td.so.1.0";
    return p;
}

std::string refused(Json json) {
    const Result<Interpreter> read = interpreter_from_details(json, "/x");
    return read.ok() ? std::string() : read.error().message;
}

}  // namespace

TEST_CASE("build details: what is written is read again") {
    const Interpreter own = debug_python();
    const Result<Interpreter> read = interpreter_from_details(build_details(own), "/elsewhere");
    REQUIRE(read.ok());
    CHECK(build_details(*read).dump() == build_details(own).dump());
    CHECK(read->soabi == own.soabi);
    CHECK(read->abiflags == "td");
    CHECK(read->var("CCSHARED") == "-fPIC");
    CHECK(read->var("LIBDIR") == "/opt/python/lib");
    CHECK(read->platform_tag() == "linux_aarch64");
    CHECK(read->pointer_bits == 64);
    CHECK(read->markers.at("platform_machine") == "aarch64");
    CHECK(read->markers.at("sys_platform") == "linux");
    CHECK(read->markers.at("python_full_version") == "3.15.0b2");
}

TEST_CASE("build details: paths") {
    Json details = build_details(debug_python());
    details.set("base_prefix", "../usr").set("base_interpreter", "bin/python3.15");
    details.set("c_api", Json().set("headers", "include/python3.15"));
    details.set("libpython",
                Json().set("dynamic", "lib/libpython3.15.so.1.0").set("static", "lib/config/libpython3.15.a"));
    Result<Interpreter> read = interpreter_from_details(details, "/board/share");
    REQUIRE(read.ok());
    CHECK(read->base_prefix == "/board/usr");
    CHECK(read->base_executable == "/board/usr/bin/python3.15");
    CHECK(read->include_directory == "/board/usr/include/python3.15");
    CHECK(read->library_directory == "/board/usr/lib");
    CHECK(read->var("LIBPL") == "/board/usr/lib/config");
    // Packed for /usr, unpacked below another root: nothing of this machine's own /usr is meant.
    details.set("base_prefix", "/usr").set("base_interpreter", "/usr/bin/python3.15");
    details.set("c_api", Json().set("headers", "/usr/include/python3.15"));
    read = interpreter_from_details(details, "/board/usr/lib/python3.15");
    REQUIRE(read.ok());
    CHECK(read->base_prefix == "/board/usr");
    CHECK(read->include_directory == "/board/usr/include/python3.15");
    read = interpreter_from_details(details, "/usr/lib/python3.15");
    REQUIRE(read.ok());
    CHECK(read->include_directory == "/usr/include/python3.15");
}

TEST_CASE("build details: what is missing is named") {
    const Json details = build_details(debug_python());
    CHECK(refused(Json().set("schema_version", "2.0")) ==
          "the description of a Python is of schema '2.0', and not of 1.0");
    Json other = details;
    other.set("abi", Json());
    CHECK(contains(refused(other), "lacks `abi.extension_suffix`"));
    other = details;
    other.set("c_api", Json());
    CHECK(contains(refused(other), "lacks `c_api.headers`"));
    other = details;
    other.set("platform", "");
    CHECK(contains(refused(other), "lacks `platform`"));
}

}  // namespace cermet::python
