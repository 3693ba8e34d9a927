// BuildRequest: what one command asks of the Python room; a service of the graph, fixed while it runs.
// SPDX-License-Identifier: MIT
// Filled by the command line from its arguments or by the PEP 517 shim from its request. Plain value, engine thread only.
#pragma once
#include <string>
#include <vector>

#include "options/config.h"

namespace cermet::python {

struct BuildRequest {
    std::string directory;                 // canonical: /cermet/ws or below
    std::string host_directory;            // the same directory's real path
    std::string python;                    // real path of the interpreter of the build environment
    std::vector<std::string> search_path;  // real directories with installed distributions; empty: python's own
    options::Overrides overrides;
    std::string profile;    // "" = the default profile
    bool editable = false;  // a checkout that is worked on: libraries of crates are shared unless the project says how
    bool offline = false;
    bool locked = false;
    bool frozen = false;
    std::string source_date_epoch;     // text of the variable, "" when unset
    std::string generator = "cermet";  // for WHEEL
};

}  // namespace cermet::python
