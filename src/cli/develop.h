// Develop: modules built and placed beside their sources, so that the checkout itself can be imported.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "cli/session.h"

namespace cermet::cli {

// Builds every module and places it in the tree: atomically, never over a file that Python may have mapped. Modules that
// an earlier call placed and that are no longer built are removed; nothing else is touched. Gives the placed paths.
Result<std::vector<std::string>> place_modules(Session& session);

}  // namespace cermet::cli
