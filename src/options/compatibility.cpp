// Reading what a wheel's platform tag promises: linux, auto, manylinux_2_N and its older names, musllinux_1_N.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/text.h"
#include "options/config.h"

namespace cermet::options {
namespace compatibility_detail {

// "2_28" after "manylinux_": the C library's version, of at most three digits each.
bool read_version(std::string_view text, Compatibility& out) {
    const std::vector<std::string> parts = split(text, '_');
    const auto number = [](const std::string& part) {
        return !part.empty() && part.size() <= 3 &&
               std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (parts.size() != 2 || !number(parts[0]) || !number(parts[1])) return false;
    out.major = std::atoi(parts[0].c_str());
    out.minor = std::atoi(parts[1].c_str());
    return true;
}

struct OldName {
    std::string_view name;
    int minor;  // of glibc 2
};
// PEP 600, "Legacy manylinux tags".
constexpr OldName k_old_names[] = {{"manylinux1", 5}, {"manylinux2010", 12}, {"manylinux2014", 17}};

}  // namespace compatibility_detail

Result<Compatibility> parse_compatibility(std::string_view text) {
    using namespace compatibility_detail;
    if (text == "linux") return Compatibility{Promise::Linux, 0, 0};
    if (text == "auto") return Compatibility{Promise::Auto, 0, 0};
    for (const OldName& old : k_old_names) {
        if (text == old.name) return Compatibility{Promise::Manylinux, 2, old.minor};
    }
    const std::size_t bar = text.find('_');
    const std::string_view family = text.substr(0, bar);
    Compatibility out;
    out.promise = family == "manylinux" ? Promise::Manylinux : Promise::Musllinux;
    const int known_major = family == "manylinux" ? 2 : family == "musllinux" ? 1 : -1;
    if (bar != std::string_view::npos && read_version(text.substr(bar + 1), out) && out.major == known_major)
        return out;
    return project_error(
        cat("'compatibility' takes auto, linux, manylinux_2_N, manylinux2014 or musllinux_1_N, not '", text, "'"),
        "for example: compatibility = \"manylinux_2_28\"; the machine comes from the build");
}

}  // namespace cermet::options
