// The compiler-flags contract: sysconfig of the target Python, then CC, CFLAGS … of the environment, then configuration.
// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "languages/python/environment.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/request.h"
#include "languages/python/target.h"

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

// What the machine's record and the environment say: commands that replace the interpreter's, and flags after its.
struct Said {
    std::vector<std::string> cc, cxx;
    std::vector<std::string> c, cxx_flags, preprocessor, link;
};

Said said_by(const c::CrossRecord& tools) {
    Said said;
    said.cc = tools.cc;
    said.cxx = tools.cxx;
    said.c = tools.c_flags;
    said.cxx_flags = tools.cxx_flags;
    said.link = tools.link_flags;
    return said;
}

using Variables = std::map<std::string, std::vector<std::string>>;

// On this machine. `python`: then C++ takes the C flags where it has none of its own.
Said said_by(const options::ToolchainRecord* record, const Variables& environment, bool python) {
    const auto variable = [&](const char* name) { return environment.at(name); };
    Said said;
    if (record != nullptr) {
        said.cc = *record->cc;
        said.cxx = *record->cxx;
        said.c = *record->c_flags;
        said.cxx_flags = record->cxx_flags->empty() ? *record->c_flags : *record->cxx_flags;
        said.link = *record->link_flags;
    }
    if (!variable("CC").empty()) said.cc = variable("CC");
    if (!variable("CXX").empty()) said.cxx = variable("CXX");
    append(said.c, variable("CFLAGS"));
    append(said.cxx_flags, variable("CXXFLAGS").empty() && python ? variable("CFLAGS") : variable("CXXFLAGS"));
    said.preprocessor = variable("CPPFLAGS");
    said.link.insert(said.link.end(), environment.at("LDFLAGS").begin(), environment.at("LDFLAGS").end());
    return said;
}

// The interpreter's own, as it was built: its compilers, and what its modules are compiled and linked with.
struct Sysconfig {
    NativeFlags flags;
    std::vector<std::string> shared;  // CCSHARED: after what the environment says
};

Result<Sysconfig> sysconfig_of(const Interpreter& record) {
    Sysconfig out;
    TRY(cc, words(record.var("CC"), "CC"));
    TRY(cxx, words(record.var("CXX"), "CXX"));
    TRY(cflags, words(record.var("CFLAGS"), "CFLAGS"));
    TRY(shared_flags, words(record.var("CCSHARED"), "CCSHARED"));
    TRY(ldshared, words(record.var("LDSHARED"), "LDSHARED"));
    out.flags.c_command = cc;
    out.flags.cxx_command = cxx;
    out.flags.c = cflags;
    out.flags.cxx = cflags;
    out.flags.link = link_rest(ldshared, cc);
    out.shared = shared_flags;
    return out;
}

void lay_over(NativeFlags& flags, const Said& said) {
    append(flags.c, said.c);
    append(flags.cxx, said.cxx_flags);
    append(flags.c, said.preprocessor);
    append(flags.cxx, said.preprocessor);
    append(flags.link, said.link);
    if (!said.cc.empty()) flags.c_command = said.cc;
    if (!said.cxx.empty()) flags.cxx_command = said.cxx;
}

void lay_over(NativeFlags& flags, const options::ProfileFlags& profile) {
    append(flags.c, profile.c_flags);
    append(flags.cxx, profile.cxx_flags);
    append(flags.link, profile.link_flags);
    for (const auto& [name, value] : profile.define) {
        std::string define = value.empty() ? cat("-D", name) : cat("-D", name, "=", value);
        flags.c.push_back(define);
        flags.cxx.push_back(define);
    }
}

}  // namespace native_flags_detail

engine::Task<NativeFlags> run(engine::Build build, FindNativeFlags key) {
    using namespace native_flags_detail;
    SharedConfig config = co_await build.get(LoadConfig());
    Said said;
    if (is_cross(*config, key.machine())) {
        c::CrossRecord tools = co_await build.get(c::FindCrossTools(cross_record(*config)));
        said = said_by(tools);
    } else {
        Variables environment;
        for (const std::string& name : {std::string("CC"), std::string("CXX"), std::string("CPPFLAGS"),
                                        std::string("CFLAGS"), std::string("CXXFLAGS"), std::string("LDFLAGS")}) {
            std::string text = co_await build.get(exec::UserEnvironment(name));
            CO_TRY(split_text, words(text, name));
            environment[name] = split_text;
        }
        said = said_by(toolchain_record(*config, key.machine()), environment, key.python());
    }
    Sysconfig own;
    if (key.python()) {
        Python python = co_await build.get(FindPython());
        CO_TRY(found, sysconfig_of(python.record));
        own = found;
    }
    NativeFlags flags = own.flags;
    lay_over(flags, said);
    append(flags.c, own.shared);
    append(flags.cxx, own.shared);
    if (key.python()) {
        name_places(flags.c, build.service<exec::Executor>().places());
        name_places(flags.cxx, build.service<exec::Executor>().places());
    }
    CO_TRY(profile, options::flags_for(*config, build.service<BuildRequest>().profile));
    lay_over(flags, profile);
    co_return flags;
}

engine::Task<std::vector<std::string>> run(engine::Build build, FindTargetLibraries) {
    SharedConfig config = co_await build.get(LoadConfig());
    std::vector<std::string> none;
    if (!target_of(*config).cross) co_return none;
    c::Toolchain compiler = co_await build.get(FindCompiler(c::Language::C, true));
    co_return compiler.library_order;
}

engine::Task<c::Toolchain> run(engine::Build build, FindCompiler key) {
    SharedConfig config = co_await build.get(LoadConfig());
    if (is_cross(*config, key.machine())) {
        c::Toolchain found = co_await build.get(c::FindCrossToolchain(key.language(), cross_record(*config)));
        co_return found;
    }
    NativeFlags flags = co_await build.get(FindNativeFlags(key.python(), key.machine()));
    const options::ToolchainRecord* record = toolchain_record(*config, key.machine());
    const std::string archiver = record != nullptr && !record->ar->empty() ? record->ar->front() : "";
    const std::vector<std::string>& command = key.language() == c::Language::C ? flags.c_command : flags.cxx_command;
    c::Toolchain found = co_await build.get(c::FindToolchain(key.language(), command, archiver));
    co_return found;
}

}  // namespace cermet::python
