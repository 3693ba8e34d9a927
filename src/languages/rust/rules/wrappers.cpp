// Wrappers of rustc and programs named in place of others, and the directories that cargo and rustup look into.
// SPDX-License-Identifier: MIT
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "languages/rust/rules/graph.h"

namespace cermet::rust {
namespace wrappers_detail {

Error no_wrapper(const std::string& name) {
    return environment_error(cat("there is no program ", name, ", which is to be called in place of rustc"),
                             "it is said by RUSTC_WRAPPER or RUSTC_WORKSPACE_WRAPPER, or below [build] in cargo's "
                             "configuration");
}

}  // namespace wrappers_detail

engine::Task<Wrappers> run(engine::Build build, FindWrappers key) {
    Wrappers found;
    if (!key.every().empty()) {
        exec::Program program = co_await build.get(exec::FindProgram(key.every()));
        if (!program.found()) co_return wrappers_detail::no_wrapper(key.every());
        found.every = program;
    }
    if (!key.members().empty()) {
        exec::Program program = co_await build.get(exec::FindProgram(key.members()));
        if (!program.found()) co_return wrappers_detail::no_wrapper(key.members());
        found.members = program;
    }
    co_return found;
}

std::string FindNamedPrograms::text() const { return cat(join(linkers_, " "), " | ", join(variables_, " ")); }

engine::Task<NamedPrograms> run(engine::Build build, FindNamedPrograms key) {
    NamedPrograms named;
    for (const std::string& name : key.linkers()) {
        exec::Program found = co_await build.get(exec::FindProgram(name));
        if (found.found()) named.linkers["program " + name] = found.digest.hex();
    }
    for (const std::string& name : key.variables()) {
        std::string said = co_await build.get(exec::UserEnvironment(name));
        const std::vector<std::string> words = split_words(said);
        if (words.empty()) continue;
        exec::Program found = co_await build.get(exec::FindProgram(words[0]));
        if (found.found()) named.of_scripts["program " + name] = found.digest.hex();
    }
    co_return named;
}

std::vector<exec::Program> Wrappers::all() const {
    std::vector<exec::Program> found;
    for (const exec::Program* one : {&every, &members}) {
        if (one->found()) found.push_back(*one);
    }
    return found;
}

void wrap(exec::Action& action, const Wrappers& wrappers, Wrap which) {
    const bool member = which == Wrap::Member && wrappers.members.found();
    if (member) {
        action.argv.insert(action.argv.begin(), wrappers.members.path);
        action.platform["rustc-workspace-wrapper"] = wrappers.members.digest.hex();
    }
    if (!wrappers.every.found()) return;
    action.argv.insert(action.argv.begin(), wrappers.every.path);
    action.platform["rustc-wrapper"] = wrappers.every.digest.hex();
}

std::vector<std::string> with_parents(const std::string& directory, const std::string& checkout) {
    std::vector<std::string> found;
    std::string at = directory;
    if (is_within(directory, exec::k_ws)) {
        for (; is_within(at, exec::k_ws); at = std::string(parent(at))) found.push_back(at);
        if (checkout == "/") return found;
        at = std::string(parent(checkout));
    }
    for (; !at.empty(); at = std::string(parent(at))) {
        found.push_back(at);
        if (at == "/") break;
    }
    return found;
}

}  // namespace cermet::rust
