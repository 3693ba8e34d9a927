// SourceAudit: whether a checkout says everything that the build needs: tracked files, the sdist's files, requirements.
// SPDX-License-Identifier: MIT
//
// Works from what a finished build recorded that it read, so nothing is guessed from names of files. Reads the checkout
// directly; asks git, through the network helper, which ignored files are tracked all the same.
#pragma once
#include <string>
#include <vector>

#include "cli/findings.h"
#include "cli/session.h"
#include "languages/python/discovery.h"
#include "languages/python/environment.h"
#include "languages/python/package.h"

namespace cermet::cli {

// Files of the checkout that this build read, relative to the checkout, sorted.
std::vector<std::string> files_read(const std::vector<exec::Leaf>& leaves);

struct SourceAudit {
    std::vector<std::string> read;         // files_read()
    std::vector<std::string> sdist_paths;  // without the top directory
    const options::Config* config = nullptr;
};
// Read but ignored by git; read but not in the sdist.
void audit_sources(Session& session, const SourceAudit& audit, Findings& findings);

// A distribution of the build environment that `uses` names.
struct UsedDistribution {
    python::Distribution distribution;
    bool native = false;  // it has extension modules: whoever compiles against it needs them at run time
    Where place;          // of the table that uses it
};
// The names in `py:NAME` uses of all tables, each once, with the table's place.
std::vector<std::pair<std::string, Where>> used_distributions(const options::Config& config);
bool has_native_files(const std::string& directory);
// What is compiled against must be required at run time, in the version it was compiled against.
void audit_requirements(const python::Project& project, const std::vector<UsedDistribution>& used,
                        const python::MarkerEnvironment& markers, Findings& findings);

}  // namespace cermet::cli
