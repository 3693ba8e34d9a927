// Profiles: what optimisation, debug and link settings one unit gets (cargo.md M22-M26).
// SPDX-License-Identifier: MIT
//
// A Profile is plain resolved data; ProfileSet holds the tables of the root manifest, the configuration and the
// environment for one chosen profile name, and answers per package. Source: cargo book "Profiles".
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "languages/rust/config/config.h"
#include "languages/rust/manifest/manifest.h"

namespace cermet::rust {

struct Profile {
    std::string name = "dev";
    std::string root = "debug";  // PROFILE for build scripts: debug or release
    std::string opt_level = "0";
    std::string lto = "false";  // "false", "true", "off", "thin", "fat" …
    std::optional<std::uint32_t> codegen_units;
    std::string debuginfo = "0";      // "0", "1", "2", "line-directives-only", "line-tables-only"
    bool debuginfo_deferred = false;  // host unit whose level may still be weakened (M25)
    std::string split_debuginfo;      // "" = not given
    bool debug_assertions = false;
    bool overflow_checks = false;
    bool rpath = false;
    bool incremental = false;
    std::string panic = "unwind";
    std::string strip = "none";  // none, debuginfo, symbols
    bool strip_deferred = true;  // not set by the user: decided when the unit graph is known (M24)

    bool operator==(const Profile&) const = default;
    std::string text() const;  // canonical, for identities
};

class ProfileSet {
   public:
    // What build_units() asks: the profile of one unit.
    struct Question {
        const Package* package = nullptr;
        bool is_member = false;
        bool is_local = false;  // a path package: incremental applies
        bool for_host = false;  // build scripts, proc-macros and what they link
        bool must_unwind = false;
    };
    Profile resolve(const Question& question) const;

    std::string name;  // "release", "dev", "lean" …
    std::string root = "debug";
    std::string directory;            // "debug", "release", "lean"
    Profile base;                     // before overrides
    std::vector<Toml> chain;          // [profile.x] tables, parents first, configuration merged in
    std::optional<bool> incremental;  // CARGO_INCREMENTAL / build.incremental
};

// Wrong values and keys anywhere below [profile], with their lines.
Status check_profiles(const Toml& root_manifest, const std::string& root_manifest_path);
// `name` is "dev", "release" or a custom one of the root manifest or the configuration.
Result<ProfileSet> select_profile(const Toml& root_manifest, const std::string& root_manifest_path,
                                  const CargoConfig& config, const std::string& name);

// Two `package.SPEC` tables of one profile must not name the same package (cargo refuses the workspace): of those that cargo
// knows of, which are its own, the manifest's and the selected one. Nobody looks at others of the configuration.
Status check_package_overrides(const Toml& root_manifest, const std::string& root_manifest_path,
                               const CargoConfig& config, const std::string& selected,
                               const std::vector<PackageId>& packages);

}  // namespace cermet::rust
