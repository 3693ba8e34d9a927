// Depfiles: what compilers write about the files they read: Makefile rules and rustc's dep-info.
// SPDX-License-Identifier: MIT
//
// Pure parsers of untrusted bytes: any input gives an answer or an Error with a line, never a
// crash. Paths are given as written, unescaped, without duplicates, in order of appearance. Targets
// are not given: nobody needs them. Sources: GNU make's rules for white space and `$` as gcc's
// mkdeps writes them; rustc_interface::passes (write_out_deps, escape_dep_filename,
// escape_dep_env).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cermet::exec {

Result<std::vector<std::string>> parse_depfile(std::string_view bytes, std::string_view name);

struct DepInfoFile {
    std::vector<std::string> files;
    // Variables the crate looked at; no value: it was not set.
    std::vector<std::pair<std::string, std::optional<std::string>>> environment;
};
Result<DepInfoFile> parse_dep_info(std::string_view bytes, std::string_view name);

}  // namespace cermet::exec
