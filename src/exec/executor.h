// Executor: the service through which rules run actions and read the world: slots, cache look-ups, leaves, places.
// SPDX-License-Identifier: MIT
// NOTE for whoever implements: languages/python/*.cpp and languages/rust/rules/*.cpp already call exactly these functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/source_files.h"
#include "engine/events.h"
#include "engine/graph.h"
#include "exec/action.h"
#include "exec/places.h"
#include "store/store.h"

namespace cermet::exec {

class Executor {
   public:
    Places& places();
    store::Store& store();
    SourceFiles& files();                 // recorded reads (leaves of the request), through places
    void record(Leaf leaf);               // any other leaf of the request
    // Makes a canonical place stand for a real directory (mount mode: binds it; plain: maps it). Idempotent.
    Status add_place(const std::string& canonical, const std::string& host_directory);
    std::vector<std::string> environment_names() const;        // of the user's environment when the command started
    Result<std::string> own_program_as(const std::string& name);  // canonical path of this program under another name ("cargo")
    void forget_listings(const std::string& host_directory);   // after a fetch: memoised answers below it are stale
    void notice(const std::string& text);                      // one line for the user, once
};

}  // namespace cermet::exec
