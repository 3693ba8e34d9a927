// WheelPlatform: the platform tag of a wheel: what `compatibility` promises, held against what its native files need.
// SPDX-License-Identifier: MIT
//
// A promise that is not kept is a Project error that names the file, the symbol, its version and the library that has it.
// Source: PEP 600, 656; the policy is manylinux.h's.
#pragma once
#include <string>
#include <vector>

#include "engine/build.h"

namespace cermet::python {

struct WheelPlatform {
    std::vector<std::string> platforms;  // {"linux_x86_64"}, {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}
    std::vector<std::string> notices;    // why `auto` gave nothing better than linux
    std::string musl_version;            // "1.2" where the files are built for musl
    bool operator==(const WheelPlatform&) const = default;
};

// Of the wheel that is being built, were it to hold native files.
class ChoosePlatform {
   public:
    using Value = WheelPlatform;
    static constexpr std::string_view k_name = "wheel-platform";
    std::string text() const { return {}; }
    std::string describe() const { return "auditing the native files"; }
};
engine::Task<WheelPlatform> run(engine::Build build, ChoosePlatform key);

// "1.2" of musl's "1.2.5": what platform tags count.
std::string musl_series(const std::string& version);

}  // namespace cermet::python
