// The closed environment: what every process gets, and nothing else of the user's.
// SPDX-License-Identifier: MIT
//
// An action names its variables; this adds the constant ones: PATH (links to recorded tools, then
// the system's), HOME, TMPDIR, LC_ALL, TZ, and SOURCE_DATE_EPOCH where the user set it. Variables
// named by `pass_env` are copied from the user's environment. All values are canonical text and
// part of the key; an action's own value wins over an added one.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "exec/action.h"

namespace cermet::exec {

struct EnvironmentBase {
    std::map<std::string, std::string> user;  // the user's environment, as this process got it
    std::string tool_links;                   // canonical directory of links to recorded tools; "" = none
};

std::map<std::string, std::string> complete_environment(const Action& action, const EnvironmentBase& base);
std::map<std::string, std::string> user_environment();  // of this process
inline constexpr std::string_view k_system_path = "/usr/local/bin:/usr/bin:/bin";

}  // namespace cermet::exec
