// License: SPDX licence expressions validated and normalised, and the license-files globs of pyproject.toml.
// SPDX-License-Identifier: MIT
// Pure functions. Source: PEP 639, packaging.python.org license-expression and glob-patterns, SPDX licence list 3.27.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"

namespace cermet::python {

// "mit or apache-2.0" -> "MIT OR Apache-2.0"; unknown identifiers are errors with the nearest known one.
Result<std::string> normalise_license(std::string_view expression);

// An error for patterns outside the portable syntax (`..`, absolute, braces, unclosed class); the empty Status is fine.
Status check_portable_glob(std::string_view pattern);
// Files below `directory` that match, relative, sorted. No match is the caller's error.
std::vector<std::string> expand_portable_glob(SourceFiles& files, const std::string& directory,
                                              std::string_view pattern);

}  // namespace cermet::python
