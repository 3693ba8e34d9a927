// What a script may read where that is limited, and is not told to have read where it is watched.
// SPDX-License-Identifier: MIT
//
// That is: its inputs, and all of a directory that another step wrote and it has inputs of; its own directory, scratch
// directory and HOME; the toolchains that are recorded, this program, and the system's directories; names in directories that
// its declarations look into. Not: what git ignores in its package, the rest of the checkout, other packages, the user's
// home, /opt, /tmp, /var. Private to this room.
#pragma once
#include "exec/executor_state.h"

namespace cermet::exec {

// `reach` with all that the script may read.
Reach with_reads(Executor::State& state, const Action& action, Reach reach);
// What is nobody's business, by every name that processes know it under.
WatchScope watch_scope(Executor::State& state, const Reach& reach);

}  // namespace cermet::exec
