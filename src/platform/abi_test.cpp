// Binary interfaces: what C++ names show, and which records refuse each other.
// SPDX-License-Identifier: MIT
#include "platform/abi.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet::platform {

TEST_CASE("abi: what a mangled name shows") {
    const auto read = [](std::string_view symbol) {
        const CxxName name = read_cxx_name(symbol);
        return cat(name.cxx ? "c++" : "", name.libcxx ? " libc++" : "", name.cxx11 ? " cxx11" : "",
                   name.old_strings ? " old" : "");
    };
    CHECK(read("printf").empty());
    CHECK(read("_RNvCs1234_3foo3bar").empty());
    CHECK(read("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE").empty());
    CHECK(read("_Z5greetNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE") == "c++ cxx11");
    CHECK(read("_Z5greetSs") == "c++ old");
    CHECK(read("_Z5greetRKSbIwSt11char_traitsIwESaIwEE") == "c++ old");
    CHECK(read("_Z5greetNSt3__112basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEE") == "c++ libc++");
    CHECK(read("_ZNKSt6locale4nameB5cxx11Ev") == "c++ cxx11");
    CHECK(read("_Z3addii") == "c++");
    // Letters inside of identifiers, and numbers that are none of their lengths.
    CHECK(read("_ZN5DnsSs3getEv") == "c++");
    CHECK(read("_Z3fooILi12EEvSt5arrayIiLm12EE") == "c++");
    CHECK(read("_ZTv0_n24_N5DnsSsD1Ev") == "c++");
    CHECK(read("_Z99x") == "c++");
    CHECK(read("_Z") == "c++");
    const auto entity = [](std::string_view symbol) { return read_cxx_name(symbol).entity; };
    CHECK(entity("_Z5greetSs") == "greet");
    CHECK(entity("_Z5greetNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE") == "greet");
    CHECK(entity("_ZNK4tree4Node3getEv") == "tree::Node");
    CHECK(entity("_ZN4NodeC1Ev") == "Node");
    CHECK(entity("_ZNKSt6locale4nameB5cxx11Ev").empty());
    CHECK(entity("_ZTI4Node").empty());
    CHECK(entity("_Z9x").empty());
    CHECK(entity("_ZN").empty());
}

TEST_CASE("abi: records refuse each other only where both show it") {
    AbiRecord user;
    user.arch = "x86_64";
    user.pointer_width = 64;
    user.byte_order = ByteOrder::Little;
    user.os = "linux";
    user.libc = "glibc";
    user.libc_version = "2.36";
    user.python.minor = 12;
    AbiRecord file;
    const auto found = [&] { return join(abi_conflicts(file, user), "; "); };
    CHECK(found().empty());
    file.arch = "aarch64";
    CHECK(found() == "is for aarch64, not for x86_64");
    file.arch = "x86_64";
    file.pointer_width = 32;
    file.byte_order = ByteOrder::Big;
    CHECK(found() == "has pointers of 32 bit, not of 64; is big endian, not little endian");
    file = AbiRecord();
    file.libc = "musl";
    CHECK(found() == "is built for musl, not for glibc");
    file.libc = "glibc";
    file.libc_version = "2.9";
    CHECK(found().empty());
    file.libc_version = "2.38";
    CHECK(found() == "needs glibc 2.38, and there is glibc 2.36");
}

TEST_CASE("abi: C++ and Rust count where the interface is theirs") {
    AbiRecord file, user;
    const auto found = [&] { return join(abi_conflicts(file, user), "; "); };
    file.cxx_library = "libc++";
    user.cxx_library = "libstdc++";
    CHECK(found().empty());
    file.cxx_interface = user.cxx_interface = true;
    CHECK(found() == "is C++ of libc++, not of libstdc++");
    file.cxx_library = "libstdc++";
    file.cxx_strings = CxxStrings::Old;
    CHECK(found().empty());
    user.cxx_strings = CxxStrings::Cxx11;
    CHECK(found() == "has pre-cxx11 strings, not cxx11 ones (_GLIBCXX_USE_CXX11_ABI)");
    file = user = AbiRecord();
    file.rustc = "1.80.0 (a)";
    user.rustc = "1.95.0 (b)";
    CHECK(found().empty());
    file.rust_interface = true;
    CHECK(found() == "is Rust of rustc 1.80.0 (a), not of rustc 1.95.0 (b)");
}

TEST_CASE("abi: Pythons") {
    const auto python = [](int minor, std::string_view flags) {
        PythonAbi abi;
        abi.minor = minor;
        abi.stable = contains(flags, "s");
        abi.free_threaded = contains(flags, "t");
        abi.debug = contains(flags, "d");
        return abi;
    };
    const auto fits = [&](PythonAbi file, PythonAbi user) {
        AbiRecord a, b;
        a.python = file;
        b.python = user;
        return abi_conflicts(a, b).empty();
    };
    CHECK(python(13, "td").tag() == "cp313td");
    CHECK(python(0, "s").tag() == "abi3");
    CHECK(python(0, "").tag().empty());
    CHECK(fits(python(12, ""), python(12, "")));
    CHECK_FALSE(fits(python(11, ""), python(12, "")));
    CHECK(fits(python(9, "s"), python(12, "")));
    CHECK(fits(python(0, "s"), python(12, "")));
    CHECK_FALSE(fits(python(13, "s"), python(12, "")));
    CHECK_FALSE(fits(python(12, ""), python(12, "s")));  // version-specific parts in a module for abi3
    CHECK_FALSE(fits(python(9, "s"), python(13, "t")));
    CHECK_FALSE(fits(python(13, ""), python(13, "t")));
    CHECK_FALSE(fits(python(13, "t"), python(13, "")));
    CHECK_FALSE(fits(python(12, "d"), python(12, "")));
    CHECK(fits(python(12, ""), python(12, "d")));
    CHECK_FALSE(fits(python(0, "t"), python(13, "")));
}

}  // namespace cermet::platform
