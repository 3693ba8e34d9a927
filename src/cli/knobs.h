// Knobs of one project: collected from the configuration, the crates of its tables, the toolchain and the environment.
// SPDX-License-Identifier: MIT
//
// Nothing is built. Texts are the user's own paths. Needs a started session; its errors are those of reading the project.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/rust_workspace.h"
#include "cli/session.h"
#include "options/config.h"

namespace cermet::cli {

struct Knobs {
    std::vector<options::Knob> all;    // by group, in the order in which they are shown
    std::vector<std::string> not_run;  // build scripts whose variables are not known before they have run
};
Result<Knobs> collect_knobs(Session& session, const Arguments& arguments,
                            const std::optional<RustWorkspace>& workspace);

}  // namespace cermet::cli
