// Standalone manifests: a package's Cargo.toml without its workspace: what it inherits is written out.
// SPDX-License-Identifier: MIT
//
// For packages of git sources that are vendored: there each lies alone, and cargo looks for no workspace around it. A
// manifest that inherits nothing stays as it is, with its comments. Reads through SourceFiles; values; one thread.
// Failures: Project (a manifest that cannot be read, or inherits what its workspace does not define).
// Source: cargo book "Workspaces" (package, dependencies and lints tables); cargo.md M20.
#pragma once
#include <string>

#include "base/result.h"
#include "base/source_files.h"
#include "base/toml.h"

namespace cermet::rust {

// Of the package in `directory`, which lies in a checkout with the directory `top`.
Result<std::string> standalone_manifest(SourceFiles& files, const std::string& directory, const std::string& top);

// A document as text; comments are lost, and dates become strings.
std::string toml_text(const Toml& document);

}  // namespace cermet::rust
