// The compiler-flags contract: sysconfig of the target Python, then CC, CFLAGS … of the environment, then configuration.
// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "languages/python/environment.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/request.h"

namespace cermet::python {
namespace native_flags_detail {

Result<std::vector<std::string>> words(const std::string& text, std::string_view name) {
    std::vector<std::string> split_text;
    if (!split_shell(text, split_text)) {
        return usage_error(cat("the variable ", name, " has an unfinished quote: ", text));
    }
    return split_text;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

// LDSHARED is "gcc -pthread -shared -L…": the driver comes from CC, -shared is ours, the rest are flags. The interpreter's
// own compiler words ("gcc -pthread") are dropped as a whole where they lead.
std::vector<std::string> link_rest(std::vector<std::string> ldshared, const std::vector<std::string>& command) {
    std::vector<std::string> rest;
    std::size_t skip = 1;
    while (skip < command.size() && skip < ldshared.size() && ldshared[skip] == command[skip]) ++skip;
    for (std::size_t i = skip; i < ldshared.size(); ++i) {
        if (ldshared[i] != "-shared") rest.push_back(ldshared[i]);
    }
    return rest;
}

// Paths of the interpreter's prefix are named by its place, so that another prefix gives the same command.
void name_places(std::vector<std::string>& flags, const exec::Places& places) {
    for (std::string& flag : flags) {
        if (flag.compare(0, 2, "-I") == 0) flag = places.canonical_text(flag);
    }
}

}  // namespace native_flags_detail

engine::Task<NativeFlags> run(engine::Build build, FindNativeFlags key) {
    using native_flags_detail::append;
    using native_flags_detail::words;
    SharedConfig config = co_await build.get(LoadConfig());
    NativeFlags flags;
    std::map<std::string, std::vector<std::string>> environment;
    for (const std::string& name : {std::string("CC"), std::string("CXX"), std::string("CPPFLAGS"),
                                    std::string("CFLAGS"), std::string("CXXFLAGS"), std::string("LDFLAGS")}) {
        std::string text = co_await build.get(exec::UserEnvironment(name));
        CO_TRY(split_text, words(text, name));
        environment[name] = split_text;
    }
    if (key.python()) {
        Python python = co_await build.get(FindPython());
        const Interpreter& record = python.record;
        CO_TRY(cc, words(record.var("CC"), "CC"));
        CO_TRY(cxx, words(record.var("CXX"), "CXX"));
        CO_TRY(cflags, words(record.var("CFLAGS"), "CFLAGS"));
        CO_TRY(shared_flags, words(record.var("CCSHARED"), "CCSHARED"));
        CO_TRY(ldshared, words(record.var("LDSHARED"), "LDSHARED"));
        flags.c_command = cc;
        flags.cxx_command = cxx;
        flags.c = cflags;
        flags.cxx = cflags;
        flags.link = native_flags_detail::link_rest(ldshared, cc);
        append(flags.c, environment["CFLAGS"]);
        append(flags.cxx, environment["CXXFLAGS"].empty() ? environment["CFLAGS"] : environment["CXXFLAGS"]);
        append(flags.c, environment["CPPFLAGS"]);
        append(flags.cxx, environment["CPPFLAGS"]);
        append(flags.c, shared_flags);
        append(flags.cxx, shared_flags);
        native_flags_detail::name_places(flags.c, build.service<exec::Executor>().places());
        native_flags_detail::name_places(flags.cxx, build.service<exec::Executor>().places());
    } else {
        append(flags.c, environment["CFLAGS"]);
        append(flags.cxx, environment["CXXFLAGS"]);
        append(flags.c, environment["CPPFLAGS"]);
        append(flags.cxx, environment["CPPFLAGS"]);
    }
    append(flags.link, environment["LDFLAGS"]);
    if (!environment["CC"].empty()) flags.c_command = environment["CC"];
    if (!environment["CXX"].empty()) flags.cxx_command = environment["CXX"];
    CO_TRY(profile, options::flags_for(*config, build.service<BuildRequest>().profile));
    append(flags.c, profile.c_flags);
    append(flags.cxx, profile.cxx_flags);
    append(flags.link, profile.link_flags);
    for (const auto& [name, value] : profile.define) {
        std::string define = value.empty() ? cat("-D", name) : cat("-D", name, "=", value);
        flags.c.push_back(define);
        flags.cxx.push_back(define);
    }
    co_return flags;
}

}  // namespace cermet::python
