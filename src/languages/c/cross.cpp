// Finding compilers for another machine, and refusing one that is not for it.
// SPDX-License-Identifier: MIT
#include "languages/c/cross.h"

#include "base/text.h"
#include "exec/queries.h"

namespace cermet::c {
namespace cross_detail {

struct Variable {
    const char* name;
    std::vector<std::string> CrossRecord::*words;
    const char* program;  // by custom; nullptr: none
    bool command = false;
};
constexpr Variable k_variables[] = {{"CC", &CrossRecord::cc, "gcc", true},
                                    {"CXX", &CrossRecord::cxx, "g++", true},
                                    {"AR", &CrossRecord::ar, "ar", true},
                                    {"CFLAGS", &CrossRecord::c_flags, nullptr},
                                    {"CXXFLAGS", &CrossRecord::cxx_flags, nullptr},
                                    {"LDFLAGS", &CrossRecord::link_flags, nullptr},
                                    {"PKG_CONFIG", &CrossRecord::pkg_config, nullptr, true}};

// A variable's command stands in for the record's; its flags come after them.
Status take_variable(const std::string& name, const std::string& text, const Variable& variable, CrossRecord& found) {
    std::vector<std::string> words;
    if (!split_shell(text, words)) {
        return usage_error(cat("the variable ", name, " has an unfinished quote: ", text));
    }
    std::vector<std::string>& to = found.*variable.words;
    if (words.empty()) return {};
    if (variable.command) to.clear();
    to.insert(to.end(), words.begin(), words.end());
    return {};
}

bool same_machine(const platform::Triple& left, const platform::Triple& right) {
    return left.python_platform() == right.python_platform() && left.environment == right.environment;
}

Error missing(const CrossRecord& record, const std::string& program, const char* key) {
    return environment_error(
               cat("no compiler for ", record.target.rust(), ": ", program, " is not found on PATH"),
               cat("install it (Debian, Ubuntu: apt install g++-", replace_all(record.target.gnu(), "_", "-"),
                   "), or name one with `", key, "` in [tool.cermet.toolchain.", record.target.rust(), "]"))
        .at(record.place);
}

Error other_machine(const CrossRecord& record, const Toolchain& found, const char* key) {
    return project_error(cat(join(found.command, " "), " is for ", found.target.rust(), ", and ", record.target.rust(),
                             " is built for"),
                         cat("name a compiler for it with `", key, "` in [tool.cermet.toolchain.", record.target.rust(),
                             "], or the target that the compiler is for"))
        .at(record.place);
}

}  // namespace cross_detail

std::string variable_suffix(std::string_view triple) {
    std::string out(triple);
    for (char& c : out) {
        if (c == '-' || c == '.') c = '_';
    }
    return out;
}

std::string CrossRecord::text() const {
    std::string out = target.rust();
    for (const auto* words : {&cc, &cxx, &ar, &c_flags, &cxx_flags, &link_flags, &pkg_config})
        out += "\n" + shell_join(*words);
    return out;
}

engine::Task<CrossRecord> run(engine::Build build, FindCrossTools key) {
    CrossRecord found = key.record();
    if (found.cxx_flags.empty()) found.cxx_flags = found.c_flags;
    for (const cross_detail::Variable& variable : cross_detail::k_variables) {
        const std::string name = cat(variable.name, "_", variable_suffix(found.target.rust()));
        std::string text = co_await build.get(exec::UserEnvironment(name));
        CO_TRY_VOID(cross_detail::take_variable(name, text, variable, found));
        std::vector<std::string>& words = found.*variable.words;
        if (variable.program != nullptr && words.empty()) words = {cat(found.target.gnu(), "-", variable.program)};
    }
    co_return found;
}

engine::Task<Toolchain> run(engine::Build build, FindCrossToolchain key) {
    CrossRecord tools = co_await build.get(FindCrossTools(key.record()));
    const bool c = key.language() == Language::C;
    const std::vector<std::string>& command = c ? tools.cc : tools.cxx;
    for (const std::string& program : {command[0], tools.ar[0]}) {
        exec::Program there = co_await build.get(exec::FindProgram(program));
        const char* name = program == tools.ar[0] ? "ar" : c ? "cc" : "cxx";
        if (!there.found()) co_return cross_detail::missing(tools, program, name);
    }
    Toolchain found = co_await build.get(FindToolchain(key.language(), command, tools.ar[0]));
    if (!cross_detail::same_machine(found.target, tools.target)) {
        co_return cross_detail::other_machine(tools, found, c ? "cc" : "cxx");
    }
    co_return found;
}

}  // namespace cermet::c
