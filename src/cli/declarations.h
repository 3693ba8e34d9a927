// Declarations: what is missing in a project's configuration so that its scripts read and reach nothing undeclared.
// SPDX-License-Identifier: MIT
//
// From observations of a build, and from what the configuration says already. Written as a TOML document of the overrides
// file's format: with it, the same build passes in strict mode. What needs the network has no declaration that could be
// written without knowing URL and checksum: it stands in the document as a comment. Plain values.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "exec/observation.h"
#include "options/config.h"

namespace cermet::cli {

struct UndeclaredVariable {
    std::set<std::string> programs;  // that looked for it
    bool own = false;                // a script of the project did itself, not a tool that it ran
    bool set = false;                // in the environment of this command: the script would get another answer
};

// Of one table, which may stand for several runs.
struct MissingDeclarations {
    std::string table;                  // "crates.z-sys", "generate.primes"; as the configuration calls it
    std::set<std::string> consumers;    // "build script of z-sys v1.0.0"
    std::set<std::string> files;        // read and not declared: canonical
    std::set<std::string> directories;  // of which names were read
    std::map<std::string, UndeclaredVariable> variables;
    std::set<std::string> hosts, addresses;
    bool empty() const {
        return files.empty() && directories.empty() && variables.empty() && hosts.empty() && addresses.empty();
    }
};

// By table. `user`: the environment of this command.
std::vector<MissingDeclarations> missing_declarations(const std::vector<exec::Observation>& seen,
                                                      const options::Config& config,
                                                      const std::map<std::string, std::string>& user);

// How a canonical path is written in the document, and what lies there.
class PathWriter {
   public:
    virtual ~PathWriter() = default;
    virtual std::string written(const std::string& canonical) const = 0;
    virtual bool holds_files(const std::string& canonical_directory) const = 0;  // directly
};
std::string declarations_toml(const std::vector<MissingDeclarations>& all, const options::Config& config,
                              const PathWriter& paths);
Json declarations_json(const std::vector<MissingDeclarations>& all, const PathWriter& paths);

}  // namespace cermet::cli
