// The version from git: the newest reachable tag, and how far the checkout is from it.
// SPDX-License-Identifier: MIT
//
// At a clean tag: the tag's version. Later: the next patch version as a development release, "1.2.4.dev3+g1a2b3c4d". An
// unclean tree adds ".dirty". No dates: the same commit gives the same version on every day. git runs through the
// helper that was forked before any sandbox; HEAD, the index, packed-refs and refs/tags become leaves of the request.
#pragma once
#include <string>

#include "base/result.h"
#include "exec/executor.h"
#include "fetch/network.h"
#include "options/config.h"

namespace cermet::python {

Result<std::string> scm_version(exec::Executor& executor, const options::Config& config,
                                const std::string& host_directory, fetch::NetworkHelper& network);

// "v1.2.3-4-gabcdef0-dirty" with tag pattern "v{version}" -> a version; pure, for tests.
Result<std::string> version_from_describe(const std::string& described, const std::string& pattern);

}  // namespace cermet::python
