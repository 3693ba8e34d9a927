// UsedDistributions: what a build takes of its Python environment, as entries of the ledger; nothing is installed.
// SPDX-License-Identifier: MIT
// Cython where a table needs it, `py:` in `uses`, and what [build-system] requires, because all that is installed of it is
// on Cython's search path. What is not installed is listed too: a front end would bring it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "fetch/ledger.h"

namespace cermet::python {

using SharedList = std::shared_ptr<const std::vector<fetch::ExternalBytes>>;

class UsedDistributions {
   public:
    using Value = SharedList;
    static constexpr std::string_view k_name = "used-distributions";
    std::string text() const { return {}; }
    std::string describe() const { return "listing the Python distributions that are used"; }
};
engine::Task<SharedList> run(engine::Build build, UsedDistributions key);

// License-Expression, else License where it is one line, else the classifiers' last words.
std::string license_of_metadata(std::string_view metadata);

}  // namespace cermet::python
