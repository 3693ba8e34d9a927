// From a script's declared inputs to the directories and files that it may read.
// SPDX-License-Identifier: MIT
#include "exec/reads.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::exec {

namespace reads_detail {

// What the machine is, for tools: programs, libraries, headers and their configuration; processors, limits, devices. What a
// compiler reads there is in its own steps' traces, and a script's result is as true as the toolchain's record.
constexpr const char* k_system[] = {"/usr", "/bin",       "/sbin",      "/lib",  "/lib32", "/lib64", "/libx32",
                                    "/etc", "/nix/store", "/gnu/store", "/proc", "/sys",   "/dev"};

// Of the output of a step, its directory: "/cermet/out/<label>"; "" of other paths.
std::string directory_of_step(const std::string& path) {
    for (std::string_view place : {k_out, k_shared}) {
        if (!is_within(path, place) || path == place) continue;
        return path.substr(0, path.find('/', place.size() + 1));
    }
    return {};
}

void add_inputs(Executor::State& state, const Action& action, Reach& reach) {
    std::set<std::string> steps;
    for (const Input& input : action.inputs) {
        const std::string step = directory_of_step(input.path);
        if (!step.empty()) {
            steps.insert(step);
            continue;
        }
        reach.readable.push_back(state.host(input.path));
    }
    for (const std::string& directory : steps) reach.readable.push_back(state.host(directory));
    for (const std::string& directory : action.listable) reach.listable.push_back(state.host(directory));
}

void add_names(Executor::State& state, const std::vector<std::string>& paths, PathSet& names) {
    for (const std::string& path : paths) {
        names.add(path);
        // These are no places, and where one is a link (/bin), the other is here too.
        const bool system = std::any_of(std::begin(k_system), std::end(k_system),
                                        [&](const char* directory) { return path == directory; });
        if (system) continue;
        names.add(state.places.render(state.places.canonical(path)));
        const Result<std::string> real = platform::real_path(path);
        if (real.ok()) names.add(*real);
    }
}

}  // namespace reads_detail

Reach with_reads(Executor::State& state, const Action& action, Reach reach) {
    for (const char* directory : reads_detail::k_system) reach.readable.emplace_back(directory);
    for (const auto& [canonical, host] : state.places.all()) {
        if (is_within(canonical, k_tool)) reach.readable.push_back(host);
    }
    reach.readable.push_back(state.host(k_home));
    reach.readable.push_back(platform::own_executable());
    reach.readable.insert(reach.readable.end(), reach.writable.begin(), reach.writable.end());
    reads_detail::add_inputs(state, action, reach);
    return reach;
}

WatchScope watch_scope(Executor::State& state, const Reach& reach) {
    WatchScope scope;
    reads_detail::add_names(state, reach.writable, scope.writable);
    reads_detail::add_names(state, reach.readable, scope.readable);
    reads_detail::add_names(state, reach.listable, scope.listable);
    return scope;
}

}  // namespace cermet::exec
