// The closed environment, put together.
// SPDX-License-Identifier: MIT
#include "exec/environment.h"

#include "base/text.h"
#include "exec/places.h"
#include "platform/os.h"

namespace cermet::exec {

std::map<std::string, std::string> complete_environment(const Action& action, const EnvironmentBase& base) {
    std::map<std::string, std::string> env = action.env;
    for (const std::string& name : action.pass_env) {
        auto found = base.user.find(name);
        if (found != base.user.end()) env.emplace(name, found->second);
    }
    std::vector<std::string> path = action.path;
    if (!base.tool_links.empty()) path.push_back(base.tool_links);
    path.emplace_back(k_system_path);
    env.emplace("PATH", join(path, ":"));
    env.emplace("HOME", std::string(k_home));
    env.emplace("TMPDIR", cat(k_tmp, "/", action.label));
    env.emplace("LC_ALL", "C.UTF-8");
    env.emplace("TZ", "UTC");
    auto epoch = base.user.find("SOURCE_DATE_EPOCH");
    if (epoch != base.user.end()) env.emplace("SOURCE_DATE_EPOCH", epoch->second);
    return env;
}

std::map<std::string, std::string> user_environment() {
    std::map<std::string, std::string> env;
    for (const std::string& name : platform::environment_names()) {
        std::optional<std::string> value = platform::environment(name);
        if (value) env.emplace(name, std::move(*value));
    }
    return env;
}

}  // namespace cermet::exec
