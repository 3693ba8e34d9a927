// RequireSources: asked first by a build that may not fetch: everything missing in one error, before anything runs.
// SPDX-License-Identifier: MIT
// Crates of every table that applies, and the downloads that tables use. Where it fails for another reason than that
// something is missing, it succeeds: who needs that says so better. Failures: Environment.
#pragma once
#include <string>

#include "engine/build.h"

namespace cermet::python {

class RequireSources {
   public:
    using Value = bool;
    static constexpr std::string_view k_name = "require-sources";
    std::string text() const { return {}; }
    std::string describe() const { return {}; }
};
engine::Task<bool> run(engine::Build build, RequireSources key);

}  // namespace cermet::python
