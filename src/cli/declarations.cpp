// From what scripts did to what their tables should say.
// SPDX-License-Identifier: MIT
#include "cli/declarations.h"

#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::cli {
namespace declarations_detail {

constexpr std::size_t k_most_of_directory = 8;  // files; of more the directory is named
constexpr std::string_view k_introduction =
    "# What scripts of this build read without a declaration, as an overrides file:\n"
    "# `cermet build --strict --overrides FILE` builds with it. Or move its tables into the project's configuration:\n"
    "# there [crates.NAME] is [tool.cermet.crates.NAME], and the keys of [generate.NAME] belong to the\n"
    "# [[tool.cermet.generate]] of that name. Lists hold what the project says already, too.\n";

// What a table says now: null for one that is not there.
struct Said {
    const options::Texts* inputs = nullptr;
    const options::Texts* pass_env = nullptr;
};

Said said_by(const std::string& table, const options::Config& config) {
    const std::size_t dot = table.find('.');
    const std::string name = table.substr(dot + 1);
    if (table.compare(0, dot, "generate") == 0) {
        const options::Generate* found = config.find_generate(name);
        return found == nullptr ? Said() : Said{&found->inputs, &found->pass_env};
    }
    for (const options::CrateRule& rule : config.crates) {
        if (rule.id == name) return {&rule.inputs, &rule.pass_env};
    }
    return {};
}

// "crates.z-sys" under the name by which the project speaks of it, "crates.z-sys <2".
std::string table_of(const std::string& script, const options::Config& config) {
    const std::string head = "crates.";
    if (script.compare(0, head.size(), head) != 0) return script;
    const std::string name = script.substr(head.size());
    for (const options::CrateRule& rule : config.crates) {
        if (rule.id == name || rule.id.compare(0, name.size() + 1, name + " ") == 0) return head + rule.id;
    }
    return script;
}

// Variables that a build script prints as its own: it gets them where they are set.
std::set<std::string> named_by_script(const std::string& printed) {
    std::set<std::string> names;
    for (const std::string& line : split_lines(printed)) {
        for (std::string_view head : {"cargo:rerun-if-env-changed=", "cargo::rerun-if-env-changed="}) {
            if (line.compare(0, head.size(), head) == 0) names.insert(std::string(trim(line.substr(head.size()))));
        }
    }
    return names;
}

bool holds(const options::Texts* list, const std::string& name) { return list != nullptr && contains(**list, name); }

// cargo's own, which are there or are not; and what says nothing of what is built.
bool nobody_sets(const std::string& name) {
    for (std::string_view head : {"CARGO_CFG_", "CARGO_FEATURE_", "CARGO_PKG_", "DEP_"}) {
        if (name.compare(0, head.size(), head) == 0) return true;
    }
    return options::names_session(name);
}

void add_variables(const exec::Observation& seen, const options::Config& config,
                   const std::map<std::string, std::string>& user, MissingDeclarations& to) {
    const std::set<std::string> named = named_by_script(seen.printed);
    const Said said = said_by(to.table, config);
    for (const auto& [name, programs] : seen.variables) {
        if (seen.given.count(name) != 0 || named.count(name) != 0) continue;
        if (seen.asked_for.count(name) != 0 || holds(said.pass_env, name) || nobody_sets(name)) continue;
        UndeclaredVariable& variable = to.variables[name];
        variable.programs.insert(programs.begin(), programs.end());
        variable.own = variable.own || (seen.local && !seen.program.empty() && programs.count(seen.program) != 0);
        variable.set = user.count(name) != 0;
    }
}

// Files, and `*` of a directory of which many were read, or the names: one more file in it would be another answer.
std::vector<std::string> inputs_of(const MissingDeclarations& missing, const PathWriter& paths) {
    std::map<std::string, std::vector<std::string>> by_directory;
    for (const std::string& file : missing.files) by_directory[std::string(parent(file))].push_back(file);
    for (const std::string& directory : missing.directories) {
        if (paths.holds_files(directory)) by_directory[directory].clear();
    }
    std::vector<std::string> inputs;
    for (const auto& [directory, files] : by_directory) {
        if (files.empty() || files.size() > k_most_of_directory) {
            inputs.push_back(paths.written(directory) + "/*");
        } else {
            for (const std::string& file : files) inputs.push_back(paths.written(file));
        }
    }
    return inputs;
}

std::vector<std::string> variables_of(const MissingDeclarations& missing) {
    std::vector<std::string> names;
    for (const auto& [name, variable] : missing.variables) {
        if (variable.own || variable.set) names.push_back(name);
    }
    return names;
}

// `name = [ … ]` with what is said already; "" where nothing is new.
std::string list_text(std::string_view name, std::vector<std::string> all, const std::vector<std::string>& more) {
    if (more.empty()) return {};
    add_all_once(all, more);
    std::string text = cat(name, " = [");
    for (const std::string& one : all) text += cat("\n    ", Json(one).dump(), ",");
    return text + "\n]\n";
}

std::string header(const std::string& table) {
    const std::size_t dot = table.find('.') + 1;
    const std::string name = table.substr(dot);
    const bool bare = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    return cat("[", table.substr(0, dot), bare ? name : Json(name).dump(), "]\n");
}

std::string network_text(const MissingDeclarations& missing) {
    if (missing.hosts.empty() && missing.addresses.empty()) return {};
    std::vector<std::string> wanted(missing.hosts.begin(), missing.hosts.end());
    wanted.insert(wanted.end(), missing.addresses.begin(), missing.addresses.end());
    const std::string host = missing.hosts.empty() ? "HOST" : *missing.hosts.begin();
    std::string text =
        cat("# It tried to reach ", join(wanted, ", "), ". Scripts have no network: declare the file,\n");
    text += cat("# [[download]]\n# name = \"NAME\"\n# url = \"https://", host, "/…\"\n# sha256 = \"…\"\n");
    const bool generator = missing.table.compare(0, 9, "generate.") == 0;
    return text +
           (generator
                ? "# and name it in `uses` of the generator: `download:NAME`.\n"
                : "# and let the script ask for it (`fetch`, docs/protocol.md), or say in `env` where it lies.\n");
}

std::vector<std::string> names(const std::set<std::string>& from) { return {from.begin(), from.end()}; }

}  // namespace declarations_detail

std::vector<MissingDeclarations> missing_declarations(const std::vector<exec::Observation>& seen,
                                                      const options::Config& config,
                                                      const std::map<std::string, std::string>& user) {
    std::map<std::string, MissingDeclarations> tables;
    for (const exec::Observation& one : seen) {
        const std::string table = declarations_detail::table_of(one.script, config);
        MissingDeclarations& missing = tables[table];
        missing.table = table;
        missing.consumers.insert(one.consumer());
        for (const exec::HeardRead& read : one.reads)
            (read.directory ? missing.directories : missing.files).insert(read.path);
        missing.hosts.insert(one.hosts.begin(), one.hosts.end());
        missing.addresses.insert(one.addresses.begin(), one.addresses.end());
        declarations_detail::add_variables(one, config, user, missing);
    }
    std::vector<MissingDeclarations> all;
    for (auto& [table, missing] : tables) {
        if (!missing.empty()) all.push_back(std::move(missing));
    }
    return all;
}

std::string declarations_toml(const std::vector<MissingDeclarations>& all, const options::Config& config,
                              const PathWriter& paths) {
    using namespace declarations_detail;
    std::string text(k_introduction);
    for (const MissingDeclarations& missing : all) {
        const Said said = said_by(missing.table, config);
        std::vector<std::string> inputs;
        if (said.inputs != nullptr) {
            for (const std::string& input : **said.inputs)
                inputs.push_back(paths.written(join_path(config.directory, input)));
        }
        const std::vector<std::string> known = said.pass_env != nullptr ? **said.pass_env : std::vector<std::string>();
        std::string keys = list_text("inputs", std::move(inputs), inputs_of(missing, paths));
        keys += list_text("pass-env", known, variables_of(missing));
        const std::string network = network_text(missing);
        if (keys.empty() && network.empty()) continue;
        text += cat("\n# ", join(names(missing.consumers), ", "), "\n", network);
        if (!keys.empty()) text += cat(header(missing.table), keys);
    }
    return text;
}

Json declarations_json(const std::vector<MissingDeclarations>& all, const PathWriter& paths) {
    using namespace declarations_detail;
    Json scripts{Json::Array{}};
    for (const MissingDeclarations& missing : all) {
        Json variables{Json::Array{}};
        for (const auto& [name, variable] : missing.variables) {
            Json one;
            one.set("name", name).set("programs", Json::strings(names(variable.programs)));
            one.set("own", variable.own).set("set", variable.set);
            variables.push(std::move(one));
        }
        std::vector<std::string> files;
        std::vector<std::string> directories;
        for (const std::string& path : missing.files) files.push_back(paths.written(path));
        for (const std::string& path : missing.directories) directories.push_back(paths.written(path));
        Json script;
        script.set("table", missing.table).set("scripts", Json::strings(names(missing.consumers)));
        script.set("files", Json::strings(files)).set("directories", Json::strings(directories));
        script.set("inputs", Json::strings(inputs_of(missing, paths)));
        script.set("variables", std::move(variables)).set("pass-env", Json::strings(variables_of(missing)));
        script.set("hosts", Json::strings(names(missing.hosts)));
        script.set("addresses", Json::strings(names(missing.addresses)));
        scripts.push(std::move(script));
    }
    return scripts;
}

}  // namespace cermet::cli
