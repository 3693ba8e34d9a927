// Probing a C compiler: one cached action asks it everything, then the programs it starts are digested.
// SPDX-License-Identifier: MIT
#include "languages/c/toolchain.h"

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/action.h"
#include "exec/queries.h"
#include "exec/run.h"

namespace cermet::c {
namespace toolchain_detail {

// Words after "sh" are the compiler; everything it says goes to stdout, so that one blob holds the whole answer.
inline constexpr const char* k_probe =
    "language=$1; shift\n"
    "\"$@\" -v -x \"$language\" -E /dev/null 2>&1 || exit 1\n"
    "for p in cc1 cc1plus collect2 as ld lld; do echo \"program: $(\"$@\" -print-prog-name=$p)\"; done\n"
    "echo \"machine: $(\"$@\" -dumpmachine)\"\n"
    "echo \"version: $(\"$@\" -dumpfullversion -dumpversion | tail -n 1)\"\n";

std::vector<std::string> candidates(Language language) {
    if (language == Language::C) return {"cc", "gcc", "clang"};
    return {"c++", "g++", "clang++"};
}

std::string after(const std::string& line, std::string_view head) {
    return line.compare(0, head.size(), head) == 0 ? std::string(trim(line.substr(head.size()))) : "";
}

Result<Toolchain> read_answer(const std::string& printed) {
    Toolchain found;
    bool in_search = false;
    for (const std::string& line : split_lines(printed)) {
        if (contains(line, "clang version")) found.family = Family::Clang;
        if (contains(line, "search starts here:")) {
            in_search = true;
        } else if (contains(line, "End of search list")) {
            in_search = false;
        } else if (in_search && !line.empty() && line[0] == ' ') {
            found.include_order.push_back(normalise(trim(line)));
        }
        std::string program = after(line, "program:");
        if (is_absolute(program)) found.programs.push_back(program);
        std::string version = after(line, "version:");
        if (!version.empty()) found.version = version;
        std::string machine = after(line, "machine:");
        if (machine.empty()) continue;
        TRY(triple, platform::parse_triple(machine));
        found.target = triple;
    }
    if (found.version.empty() || found.target.arch.empty()) {
        return environment_error("the compiler does not answer like gcc or clang",
                                 "set CC to a compiler with gcc-like options");
    }
    return found;
}

exec::Action probe_action(const Toolchain& found, const std::string& driver_digest) {
    exec::Action action;
    ByteWriter identity;
    identity.string(driver_digest);
    for (const std::string& word : found.command) identity.string(word);
    identity.string(k_probe);
    action.label = cat("probe-cc-", digest_of(identity.bytes()).short_hex(8));
    action.description = cat("probe ", join(found.command, " "));
    action.argv = {"/bin/sh", "-c", k_probe, "sh", found.language == Language::C ? "c" : "c++"};
    action.argv.insert(action.argv.end(), found.command.begin(), found.command.end());
    action.cwd = "/";
    action.platform["driver"] = driver_digest;
    action.hint = "the C compiler could not be run; set CC, or install one (Debian: build-essential)";
    return action;
}

}  // namespace toolchain_detail

Json Toolchain::to_json() const {
    Json json;
    json.set("command", Json::strings(command)).set("language", language == Language::C ? "c" : "c++");
    json.set("family", family == Family::Gcc ? "gcc" : "clang").set("version", version);
    json.set("target", target.rust()).set("archiver", archiver);
    json.set("include-order", Json::strings(include_order)).set("programs", Json::strings(programs));
    json.set("digest", digest);
    return json;
}

Result<Toolchain> Toolchain::from_json(const Json& json) {
    Toolchain found;
    found.command = json["command"].string_list();
    found.language = json["language"].string() == "c" ? Language::C : Language::Cxx;
    found.family = json["family"].string() == "gcc" ? Family::Gcc : Family::Clang;
    found.version = json["version"].string();
    TRY(triple, platform::parse_triple(json["target"].string()));
    found.target = triple;
    found.archiver = json["archiver"].string();
    found.include_order = json["include-order"].string_list();
    found.programs = json["programs"].string_list();
    found.digest = json["digest"].string();
    return found;
}

FindToolchain::FindToolchain(Language language, std::vector<std::string> command)
    : language_(language), command_(std::move(command)) {}

std::string FindToolchain::text() const { return cat(language_ == Language::C ? "c " : "c++ ", shell_join(command_)); }

engine::Task<Toolchain> run(engine::Build build, FindToolchain key) {
    Toolchain found;
    found.language = key.language();
    found.command = key.command();
    exec::Program driver;
    std::vector<std::string> names = toolchain_detail::candidates(key.language());
    if (!found.command.empty()) names = {found.command[0]};
    for (const std::string& name : names) {
        exec::Program candidate = co_await build.get(exec::FindProgram(name));
        if (candidate.found()) {
            driver = candidate;
            break;
        }
    }
    if (!driver.found()) {
        co_return environment_error(cat("no ", key.language() == Language::C ? "C" : "C++",
                                        " compiler: ", join(names, ", "), " not found on PATH"),
                                    "install one (Debian, Ubuntu: apt install build-essential), or set CC");
    }
    if (found.command.empty()) found.command.resize(1);
    found.command[0] = driver.path;
    exec::Action probe = toolchain_detail::probe_action(found, driver.digest.hex());
    exec::Outcome answered = co_await build.get(exec::Run(std::move(probe)));
    std::string printed = co_await build.get(exec::BlobText(answered.stdout_digest));
    CO_TRY(record, toolchain_detail::read_answer(printed));
    record.command = found.command;
    record.language = found.language;
    std::string archiver_name = co_await build.get(exec::UserEnvironment("AR"));
    if (archiver_name.empty()) archiver_name = "ar";
    exec::Program archiver = co_await build.get(exec::FindProgram(archiver_name));
    record.archiver = archiver.path;
    ByteWriter identity;
    identity.string(printed);
    identity.digest(driver.digest);
    for (const std::string& program : record.programs) {
        exec::Program started = co_await build.get(exec::FindProgram(program));
        identity.digest(started.digest);
    }
    identity.digest(archiver.digest);
    record.digest = digest_of(identity.bytes()).hex();
    co_return record;
}

}  // namespace cermet::c
