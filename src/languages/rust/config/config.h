// CargoConfig: cargo's configuration files and environment as one value (cargo.md L11, L13-L15).
// SPDX-License-Identifier: MIT
//
// Files are read through SourceFiles from directories that the caller lists (deepest first), then from CARGO_HOME.
// Relative paths in files become absolute against the parent of `.cargo`. Nothing is executed; unknown keys are ignored.
// Source: cargo book "Configuration".
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"
#include "base/toml.h"
#include "languages/rust/manifest/cfg.h"

namespace cermet::rust {

struct ConfigRequest {
    std::vector<std::string> directories;  // each may hold .cargo/config.toml; deepest first
    std::string cargo_home;                // host path; may be empty
    std::string cwd;                       // relative paths in `overrides` and the environment
    std::string overrides_directory;       // for those of `overrides` in place of cwd; "" = cwd
    std::map<std::string, std::string> environment;
    std::vector<std::string> overrides;  // TOML "key = value" lines or file names, as --config takes them
};

struct EnvEntry {
    std::string value;
    bool force = false;
};

// [source.NAME]: what replaces what (L11).
struct SourceDefinition {
    std::string name;
    std::string replace_with;
    std::string registry;        // index URL
    std::string local_registry;  // directory
    std::string directory;       // directory source
    std::string git, branch, tag, rev;
    Where where;
};

struct CargoConfig {
    Toml merged;  // every file and every --config merged, environment not included
    Toml said;    // only what --config said: it goes before the environment
    std::map<std::string, std::string> environment;
    std::string cwd;
    std::map<std::string, std::string> registries;  // name -> "registry+…" or "sparse+…" text
    std::vector<SourceDefinition> sources;
    std::map<std::string, EnvEntry> env;  // [env], not yet compared with the environment
    std::string build_target;             // build.target, one triple or ""
    std::string target_directory;         // build.target-dir or ""
    std::optional<bool> incremental;
    bool offline = false;
    std::vector<std::string> files;                       // that were read
    std::vector<std::pair<std::string, Toml>> documents;  // what each of them says, the strongest last

    // value of a dotted key: --config, then the environment's CARGO_<KEY>, then files
    std::optional<std::string> string(const std::string& dotted) const;
    // Where it is written; without a line where the environment or --config say it, which the file's name tells then.
    Where where(const std::string& dotted) const;
};

Result<CargoConfig> load_config(SourceFiles& files, const ConfigRequest& request);

// The flags of one compile kind (L14). `host_unit_of_cross` = a host unit while --target is given: none at all.
Result<std::vector<std::string>> rustflags_for(const CargoConfig& config, const std::string& triple,
                                               const std::vector<Cfg>& cfgs);
// target.<triple|cfg>.linker, or "" (L15).
Result<std::string> linker_for(const CargoConfig& config, const std::string& triple, const std::vector<Cfg>& cfgs);
// [target.<triple>.<links>] (B12): the table or nullptr.
const Toml* links_override(const CargoConfig& config, const std::string& triple, const std::string& links);

}  // namespace cermet::rust
