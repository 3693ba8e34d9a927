// Build-script output: directives on stdout and their scopes; and rustc's dep-info files (cargo.md B7-B10, R5).
// SPDX-License-Identifier: MIT
// Pure parsers of untrusted text. Source: cargo book "Build Scripts"; rustc's --emit=dep-info.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cermet::rust {

enum class LinkArgScope { All, Cdylib, Bin, SingleBin, Test, Bench, Example };

struct LinkArg {
    LinkArgScope scope = LinkArgScope::All;
    std::string bin;  // SingleBin
    std::string argument;
};

struct ScriptOutput {
    std::string directory;  // OUT_DIR, where it is not the layout's own for the run; not part of to_json()
    std::vector<std::string> link_paths;  // as printed: "native=/cermet/out/…", order of the file
    std::vector<std::string> link_libs;   // "static=foo"
    std::vector<LinkArg> link_args;
    std::vector<std::string> cfgs;
    std::vector<std::string> check_cfgs;
    std::vector<std::pair<std::string, std::string>> env;       // rustc-env
    std::vector<std::pair<std::string, std::string>> metadata;  // DEP_ values, keys as printed
    std::vector<std::string> rerun_if_changed;
    std::vector<std::string> rerun_if_env_changed;
    std::vector<std::string> warnings;
    std::vector<std::string> errors;  // cargo::error=

    Json to_json() const;
    static Result<ScriptOutput> from_json(const Json& json);
};

struct DirectiveContext {
    std::string package;       // "foo v1.0.0", for messages
    std::string rust_version;  // package.rust-version; "" = none: decides whether `cargo::` is allowed
    bool has_lib = false, has_bins = false, has_tests = false, has_examples = false, has_benches = false;
    bool has_cdylib = false;
    std::vector<std::string> bin_names;
    std::string links;
    bool allow_bootstrap = false;  // RUSTC_BOOTSTRAP set by the user or nightly
};
Result<ScriptOutput> parse_directives(std::string_view stdout_bytes, const DirectiveContext& context);

// The contents of a `.d` file: files read (un-remapped text as written) and compile-time environment (env-dep).
struct DepInfo {
    std::vector<std::string> files;  // sources of the first rule, in order, without duplicates
    std::vector<std::pair<std::string, std::optional<std::string>>> env;  // nullopt: the variable was unset
};
Result<DepInfo> parse_dep_info(std::string_view bytes, std::string_view name);

}  // namespace cermet::rust
