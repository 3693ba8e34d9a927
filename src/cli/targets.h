// Targets: what the command line calls by a name, built.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "cli/session.h"

namespace cermet::cli {

// A module (pkg.core), a library (rust:core, c:tree), a program (tool:name) or a generate table (generate:tables): the
// files that `cermet build` delivers for it. The session has started.
Result<std::vector<exec::Input>> build_target(Session& session, const std::string& target);

}  // namespace cermet::cli
