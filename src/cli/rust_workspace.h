// RustWorkspace: a cargo workspace without a Python package, as `build`, `explain` and `ide` find and build it.
// SPDX-License-Identifier: MIT
//
// Read directly, before any sandbox exists: where the workspace is, which directory holds all of its crates, where the
// results go. The build itself reads everything again, recorded. Owned by its command; main thread.
// Failures: Usage (options that do not belong here), Project (manifests, configuration). Source: cargo book "Workspaces".
#pragma once
#include <optional>
#include <string>

#include "cli/arguments.h"
#include "cli/checkout.h"
#include "cli/common.h"
#include "cli/session.h"
#include "languages/rust/rust.h"

namespace cermet::cli {

struct RustWorkspace {
    std::string directory;         // real: where the user is
    std::string manifest;          // real: of the package or workspace that is meant
    std::string root;              // real directory of the workspace
    std::string target_directory;  // real
    Checkout checkout;
    int jobs = 0;  // build.jobs; 0 = not said
    bool offline = false;
};

// The nearest Cargo.toml of a real directory, upwards, as cargo looks; "" without one.
std::string nearest_manifest(const std::string& directory);

// nullopt: the directory is a project of Cermet's, or nothing that cargo knows either.
Result<std::optional<RustWorkspace>> find_rust_workspace(const Arguments& arguments);
// A usage error where an option is given that only a plain Rust workspace knows; else -p is what --python says.
Status without_cargo_options(Arguments& arguments);
// A usage error where targets are named as in other projects.
Status without_targets(const Arguments& arguments);
Result<SessionSettings> rust_settings(const Arguments& arguments, const RustWorkspace& workspace, Listeners& listeners);
// The settings of a command that works in such a workspace and in any other project; `workspace` tells where it is.
Result<SessionSettings> settings_anywhere(Arguments& arguments, Listeners& listeners,
                                          std::optional<RustWorkspace>& workspace);
// What the command line asks for, once the session has started.
Result<rust::BuildWorkspace> rust_request(Session& session, const Arguments& arguments, const RustWorkspace& workspace);

// All that the workspace's command line asks for, or, where there is none, `otherwise`.
template <class Key>
Status run_anywhere(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace,
                    const Key& otherwise) {
    if (!workspace) {
        TRY_VOID(session.run(otherwise));
        return {};
    }
    TRY(request, rust_request(session, arguments, *workspace));
    TRY_VOID(session.run(request));
    return {};
}

int build_rust_workspace(const Arguments& arguments, const RustWorkspace& workspace);

// Cargo's configuration for a real directory, with this process' environment.
rust::ConfigRequest host_config_request(const std::string& directory);

}  // namespace cermet::cli
