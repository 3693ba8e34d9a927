// Watching scripts: the library that their processes load, and what is kept of what they did.
// SPDX-License-Identifier: MIT
#include "exec/observation.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor_state.h"
#include "platform/os.h"

namespace cermet::exec {

namespace observation_detail {

std::string log_of(const Action& action) { return cat(k_tmp, "/", action.label, "/.cermet-observed"); }

// Lines of the library: "V<tab>program<tab>name<tab>0 or 1" (found), "H<tab>program<tab>host".
void read_log(const std::string& text, const std::map<std::string, std::string>& env, Observation& seen) {
    for (const std::string& line : split_lines(text)) {
        const std::vector<std::string> words = split(line, '\t');
        if (words.size() == 3 && words[0] == "H") seen.hosts.insert(words[2]);
        if (words.size() != 4 || words[0] != "V") continue;
        const bool given = env.count(words[2]) != 0;
        if (!given && words[3] == "1") continue;  // the script said it to its own child
        seen.variables[words[2]].insert(words[1]);
        if (given) seen.given.insert(words[2]);
    }
}

}  // namespace observation_detail

void load_observer(const Executor::State& state, const Action& action, ProcessSpec& spec) {
    std::string& load = spec.env["LD_PRELOAD"];
    load = cat(state.places.render(state.observer), load.empty() ? "" : " ", load);
    spec.env["CERMET_OBSERVED"] = state.places.render(observation_detail::log_of(action));
}

void Executor::State::keep_observation(const Job& job, ProcessEnd& end) {
    const Action& action = *job.action;
    Observation one;
    one.label = action.label;
    one.description = action.description;
    one.script = action.script;
    one.local = !action.project_file.empty();
    one.printed = end.out;
    const std::string& program = action.argv.front();
    if (is_within(program, k_out) || is_within(program, k_shared)) one.program = std::string(file_name(program));
    one.asked_for.insert(action.pass_env.begin(), action.pass_env.end());
    one.addresses = end.heard.addresses;
    const std::string library = places.render(observer);
    for (const HeardRead& read : end.heard.reads) {
        if (read.path != library) one.reads.push_back({places.canonical(read.path), read.directory});
    }
    const std::string log = host(observation_detail::log_of(action));
    observation_detail::read_log(platform::find_file_bytes(log).value_or(""), job.env, one);
    end.heard.hosts.assign(one.hosts.begin(), one.hosts.end());
    std::lock_guard lock(mutex);
    observations.push_back(std::move(one));
}

std::string Observation::consumer() const {
    if (script.compare(0, 9, "generate.") == 0) return cat("generate:", script.substr(9));
    return description.compare(0, 4, "run ") == 0 ? description.substr(4) : description;
}

void Executor::observe(const std::string& library) { state_->observer = library; }

std::vector<Observation> Executor::observations() const {
    std::vector<Observation> all;
    {
        std::lock_guard lock(state_->mutex);
        all = state_->observations;
    }
    std::sort(all.begin(), all.end(), [](const Observation& a, const Observation& b) {
        return a.description != b.description ? a.description < b.description : a.label < b.label;
    });
    return all;
}

}  // namespace cermet::exec
