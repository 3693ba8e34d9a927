// Built: the targets of one `cermet build TARGET…` as they are remembered, delivered and listed.
// SPDX-License-Identifier: MIT
//
// The listing (--json) is for programs that go on with what was built, such as a build script of cargo: files, what a
// library's users need, and everything the build read, so that they know when to ask again. Its form: docs/protocol.md.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/kept_words.h"
#include "cli/session.h"
#include "languages/python/targets.h"

namespace cermet::cli {

struct Built {
    std::vector<python::BuiltTarget> targets;  // texts name real paths
    std::vector<exec::Leaf> leaves;            // what was read, with real paths
    Json said;                                 // KeptWords::json()
};

// Builds them now and remembers the answer under `key`.
Result<Built> build_targets(Session& session, const std::vector<std::string>& names, const KeptWords& kept,
                            const std::string& key);
// What was remembered under `key`; nullopt when something changed or was lost.
std::optional<Built> remembered_targets(Session& session, const std::string& key);

// Writes the files below `directory`; gives their real paths in the order of the targets.
Result<std::vector<std::string>> deliver_targets(Session& session, const Built& built, const std::string& directory);

Json listing(Session& session, const Built& built, const std::string& directory);

Json listing(std::string_view archive, const std::string& path);  // of a wheel or sdist

}  // namespace cermet::cli
