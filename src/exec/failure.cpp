// What the user is told when a step fails: the tool's words, the file, the command to run by hand.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <csignal>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor_state.h"
#include "platform/os.h"

namespace cermet::exec {

namespace failure_detail {

// Real paths only: it works outside of the mount namespace too.
std::string real(Executor::State& state, std::string_view text) {
    std::string shown = state.places.render_outside(text);
    const std::string farm = state.places.host_outside(k_ws);
    return farm == state.options.checkout ? shown : replace_all(shown, farm, state.options.checkout);
}

// As one word of a shell, with the variable `out` where the step's own directory is named.
std::string word(Executor::State& state, const Action& action, std::string_view text) {
    const std::string own = action.directory();
    std::string quoted;
    for (;;) {
        const std::size_t at = text.find(own);
        const std::string_view piece = text.substr(0, at);
        if (!piece.empty()) quoted += shell_quote(real(state, piece));
        if (at == std::string_view::npos) break;
        quoted += "\"$out\"";
        text.remove_prefix(at + own.size());
    }
    return quoted.empty() ? std::string("''") : quoted;
}

std::string hint_of(const Action& action, const ProcessEnd& end) {
    if (!action.hint.empty()) return action.hint;
    for (const auto& [words, hint] : action.advice)
        if (contains(end.err, words)) return hint;
    return {};
}

}  // namespace failure_detail

std::string command_apart(Executor::State& state, const Action& action, const std::map<std::string, std::string>& env) {
    using failure_detail::word;
    std::string line = "out=$(mktemp -d)";
    for (const Output& output : action.outputs) {
        if (is_absolute(output.path)) continue;
        const std::string_view directory = output.kind == OutputKind::Directory ? output.path : parent(output.path);
        if (!directory.empty()) line += cat(" && mkdir -p \"$out\"/", shell_quote(directory));
    }
    line += cat(" && cd ", word(state, action, action.cwd.empty() ? action.directory() : action.cwd), " && env -i");
    for (const auto& [name, value] : env)
        line += cat(" ", name, "=", word(state, action, name == "TMPDIR" ? "/tmp" : value));
    for (const std::string& argument : action.argv) line += " " + word(state, action, argument);
    return line;
}

std::string command_by_hand(Executor::State& state, const Action& action,
                            const std::map<std::string, std::string>& env) {
    auto real = [&](std::string_view text) { return failure_detail::real(state, text); };
    std::string line = "cd " + shell_quote(real(action.cwd.empty() ? action.directory() : action.cwd)) + " && env -i";
    for (const auto& [name, value] : env) {
        // The step's own scratch directory is gone when the step is.
        line += cat(" ", name, "=", shell_quote(name == "TMPDIR" ? std::string("/tmp") : real(value)));
    }
    for (const std::string& argument : action.argv) line += " " + shell_quote(real(argument));
    return line;
}

// The kernel kills with SIGKILL; drivers tell it of the process they started in words; allocators that give up say so.
bool looks_starved(const ProcessEnd& end) {
    if (end.cancelled || end.succeeded()) return false;
    if (end.signal == SIGKILL) return true;
    constexpr std::array<std::string_view, 7> k_words = {
        "memory allocation of ",     // Rust's allocator
        "out of memory",             // cc1, lld
        "memory exhausted",          // GNU ld, as
        "Cannot allocate memory",    // strerror(ENOMEM)
        "std::bad_alloc",            // C++ programs
        "Killed signal terminated",  // g++ of cc1plus
        "terminated with signal 9",  // collect2 of ld
    };
    return std::any_of(k_words.begin(), k_words.end(), [&](std::string_view word) { return contains(end.err, word); });
}

bool writes_are_limited(const Executor::State& state) {
    return state.places.mode == RootMode::Mount || state.processes.isolation().landlock();
}

// The line in which a tool says that it found no network; "" where none does.
std::string line_of_network(const ProcessEnd& end) {
    constexpr std::array<std::string_view, 9> k_words = {
        "Could not resolve host",                // curl, git
        "unable to resolve host address",        // wget
        "Temporary failure in name resolution",  // strerror of getaddrinfo: Python, ssh, glibc programs
        "Name or service not known",             // the same
        "failed to lookup address information",  // Rust's standard library
        "Dns Failed",                            // ureq
        "dns error",                             // reqwest
        "Network is unreachable",                // strerror(ENETUNREACH)
        "getaddrinfo EAI_AGAIN",                 // node
    };
    for (const std::string* text : {&end.err, &end.out}) {
        for (const std::string& line : split_lines(*text)) {
            if (std::any_of(k_words.begin(), k_words.end(),
                            [&](std::string_view word) { return contains(line, word); }))
                return std::string(trim(line));
        }
    }
    return {};
}

std::string paths_outside(const Executor::State& state, const Action& action, const ProcessEnd& end) {
    std::vector<std::string> paths;
    for (const std::string& path : end.heard.writes)
        paths.push_back(state.for_people(state.places.canonical_text(path)));
    return cat(join(paths, ", "), action.writes.empty() ? "" : ": ", action.writes);
}

namespace failure_detail {

// "crates.z-sys", "generate.primes" as the user writes it.
std::string table_of(const Action& action) {
    const std::size_t dot = std::min(action.script.find('.'), action.script.size());
    if (action.script.compare(0, dot, "crates") == 0) return cat("[tool.cermet.", action.script, "]");
    return cat("the [[tool.cermet.", action.script.substr(0, dot), "]] that makes ", action.script.substr(dot + 1));
}

std::string reads_refused(const Executor::State& state, const Action& action, const ProcessEnd& end) {
    if (!action.strict || end.heard.reads.empty()) return {};
    std::vector<std::string> paths;
    for (const HeardRead& read : end.heard.reads)
        paths.push_back(state.for_people(state.places.canonical_text(read.path)));
    return cat("in strict mode it was not let read ", join(paths, ", "), ": declare it in `inputs` of ",
               table_of(action), "; `cermet audit --observe` writes all such declarations");
}

// What it wanted of the network: the line in which a tool says so, and what it asked the kernel for.
std::string network_wanted(const ProcessEnd& end) {
    const std::string line = line_of_network(end);
    std::string wanted = line.empty() ? line : cat("`", line, "`");
    if (!end.heard.hosts.empty())
        wanted += cat(wanted.empty() ? "" : "; ", "it asked for the address of ", join(end.heard.hosts, ", "));
    if (!end.heard.addresses.empty())
        wanted += cat(wanted.empty() ? "" : "; ", "it tried to reach ", join(end.heard.addresses, ", "));
    return wanted;
}

std::string hint_of_limits(Executor::State& state, const Action& action, const ProcessEnd& end) {
    if (!end.heard.writes.empty() && writes_are_limited(state))
        return "it was not let write " + paths_outside(state, action, end);
    const std::string reads = reads_refused(state, action, end);
    if (!reads.empty()) return reads;
    const std::string network = network_wanted(end);
    if (action.fetches.empty() || network.empty() || !state.processes.isolation().network()) return {};
    return cat("it has no network (", network, "): ", action.fetches);
}

}  // namespace failure_detail

// When rustc itself fails it writes a report into the step's scratch directory, which goes with the step.
void keep_reports(Executor::State& state, const Action& action, ProcessEnd& end) {
    const std::string scratch = cat(k_tmp, "/", action.label);
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(state.host(scratch));
    if (!entries.ok()) return;
    for (const platform::DirectoryEntry& entry : *entries) {
        if (entry.name.compare(0, 10, "rustc-ice-") != 0) continue;
        const std::string directory = state.options.root + "/reports";
        const std::string kept = cat(directory, "/", entry.name);
        const Status made = platform::make_directories(directory);
        if (!made.ok() || !platform::copy_file(cat(state.host(scratch), "/", entry.name), kept, 0644).ok()) continue;
        end.err = replace_all(end.err, cat(state.places.render(scratch), "/", entry.name), kept);
        if (!contains(end.err, kept)) end.err += cat("note: rustc's report of it is ", kept, "\n");
    }
}

Error step_failure(Executor::State& state, const Action& action, const std::map<std::string, std::string>& env,
                   const ProcessEnd& end) {
    if (end.cancelled) return Error(ErrorKind::Cancelled, "interrupted");
    Error error =
        step_error(cat(action.description.empty() ? action.label : action.description, " failed: ", describe_end(end)),
                   failure_detail::hint_of(action, end));
    if (!action.project_file.empty()) error.where.file = state.for_people(action.project_file);
    std::string said = end.err;
    if (!end.out.empty()) {
        if (!said.empty() && said.back() != '\n') said += '\n';
        said += end.out;
    }
    error.output = state.for_people(state.places.canonical_text(said));
    const std::string limits = action.hint.empty() ? failure_detail::hint_of_limits(state, action, end) : std::string();
    if (!limits.empty()) error.hint = limits;
    error.command = command_by_hand(state, action, env);
    return error;
}

}  // namespace cermet::exec
