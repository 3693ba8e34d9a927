// The command of every unit of a Rust graph as JSON, without running anything: what the judges compare with cargo's.
// SPDX-License-Identifier: MIT
// A broken file of script outputs, and what a build would say of a script's directives, come back as the error.
#pragma once
#include <string>

#include "languages/rust/model.h"

namespace cermet::cli {

Result<Json> rust_commands(const rust::UnitGraph& units, const rust::BuildRequest& build,
                           const rust::CargoConfig& config, const std::string& scripts_file);

}  // namespace cermet::cli
