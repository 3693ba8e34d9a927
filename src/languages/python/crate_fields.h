// Crate fields: what a crate's manifest says of the version and of other fields that project.dynamic lists.
// SPDX-License-Identifier: MIT
//
// Reads Cargo.toml of the crate, and of the directories above it within the project where the package inherits a value
// from its workspace. Fails with a Project error where there is no manifest, or it is no TOML.
// Source: cargo book "The Manifest Format"; packaging.python.org pyproject-toml.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"
#include "base/toml.h"

namespace cermet::python {

// `project` is the project's directory, `crate` the crate's, relative to it.
Result<std::string> version_of_crate(SourceFiles& files, const std::string& project, const std::string& crate);

// Fields of [project] that a manifest can say.
const std::vector<std::string>& fields_of_crates();

// Those of `wanted` that the manifest says, in the words of [project]; paths are relative to the project. Every value
// carries the place of `at`, for errors.
Result<Toml> crate_fields(SourceFiles& files, const std::string& project, const std::string& crate,
                          const std::vector<std::string>& wanted, const Toml& at);

}  // namespace cermet::python
