// Tests of peaks: learnt by label, kept in a file that may be damaged, and asked before a step begins.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "base/text.h"
#include "exec/peaks.h"
#include "platform/os.h"

namespace cermet::exec {
namespace {

struct Directory {
    std::string path;
    Directory() {
        char name[] = "/tmp/cermet-peaks-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { (void)platform::remove_tree(path); }
};

constexpr std::uint64_t k_mib = 1u << 20;

TEST_CASE("a step's peak is known to the next build") {
    Directory directory;
    const std::string file = directory.path + "/peaks";
    {
        Peaks peaks(file);
        CHECK(peaks.of("serde-1") == Peaks::k_unknown);
        peaks.learn("serde-1", 300 * k_mib);
        peaks.learn("two words", 7 * k_mib);
        peaks.learn("serde-1", 310 * k_mib);  // noise
        peaks.learn("serde-1", 900 * k_mib);
        CHECK(peaks.of("serde-1") == 900 * k_mib);
    }
    CHECK(split_lines(*platform::find_file_bytes(file)).size() == 3);
    Peaks again(file);
    CHECK(again.of("serde-1") == 900 * k_mib);
    CHECK(again.of("two words") == 7 * k_mib);
}

TEST_CASE("a damaged file costs only what is damaged, and an old one is written anew") {
    Directory directory;
    const std::string file = directory.path + "/peaks";
    std::string text = "x\n12\n12 \n99999999999999999999 big\n5 good\n7";
    CHECK(platform::write_file(file, text).ok());
    Peaks peaks(file);
    CHECK(peaks.of("good") == 5);
    CHECK(peaks.of("big") == Peaks::k_unknown);
    std::string many;
    for (int i = 0; i < 5000; ++i) many += cat(i + 1, " one\n");
    CHECK(platform::write_file(file, many).ok());
    Peaks long_file(file);
    CHECK(long_file.of("one") == 5000);
    CHECK(*platform::find_file_bytes(file) == "5000 one\n");
}

TEST_CASE("steps begin while their peaks fit together") {
    MemoryAdmission admission(1000);
    CHECK(admission.admits(400, 600));
    CHECK(!admission.admits(401, 600));
    CHECK(!admission.admits(~std::uint64_t{0}, 1));
    CHECK(MemoryAdmission(0).allowed() > 64 * k_mib);  // of this machine
}

}  // namespace
}  // namespace cermet::exec
