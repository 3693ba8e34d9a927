// Observing a build: every script of it runs and is watched, and what it did is told by the executor.
// SPDX-License-Identifier: MIT
//
// The library that scripts' processes load is compiled by Cermet as any other C, with the machine's own C compiler, and only
// for this. Needs a started session whose settings say `observe`. Errors: Environment without a C compiler; those of the
// build, after which what was seen until then is still there.
#pragma once
#include <optional>
#include <string>

#include "cli/rust_workspace.h"
#include "cli/session.h"

namespace cermet::cli {

// Everything that `build` would make of these targets; of none: the wheel, all targets, or the Rust workspace.
Status build_everything(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace,
                        const std::vector<std::string>& targets);
Status build_observed(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace);

}  // namespace cermet::cli
