// Exports: what the shared object that a request's root becomes exports, and under which name the linker knows it.
// SPDX-License-Identifier: MIT
//
// rustc lists every reachable #[no_mangle] function of every crate in a version script of its own, and linkers take only
// one. So where a table says what is exported, rustc is given a linker that puts our list in place of rustc's and then
// starts the real one. Pure functions over values. Source: ld(1) --version-script; rustc's linker module.
#pragma once
#include <string>
#include <vector>

#include "exec/action.h"
#include "exec/run.h"
#include "languages/rust/rust.h"

namespace cermet::rust {

// How the root's link differs from what cargo would do.
struct RootLink {
    std::string linker;               // canonical: the one that puts the list in place; "" = rustc's own exports
    std::string real_linker;          // what that one starts
    std::vector<exec::Input> inputs;  // its files
    std::vector<std::string> arguments;
};

// The files of such a linker, its program first.
std::vector<exec::StagedFile> export_linker(const std::string& real_linker, const std::vector<std::string>& exports);
// The linker that rustc would start with these flags.
std::string linker_of(const TargetInfo& target);
// Another directory for another list, so that one crate may become two modules.
std::string label_with_exports(const std::string& label, const CrateRequest& request);
void apply(exec::Action& action, const RootLink& link);

}  // namespace cermet::rust
