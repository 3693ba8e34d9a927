// Answering as cargo: what $CARGO is in build scripts. Only `metadata` and `--version` are known.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

namespace cermet::cli {

// argv[0]'s file name is "cargo": build scripts call $CARGO.
bool called_as_cargo(const std::string& program);
int cargo_main(const std::vector<std::string>& arguments);

}  // namespace cermet::cli
