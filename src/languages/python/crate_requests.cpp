// Translating tables into crate requests.
// SPDX-License-Identifier: MIT
#include "languages/python/crate_requests.h"

#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/package.h"
#include "languages/python/shared_libraries.h"
#include "languages/python/target.h"

namespace cermet::python {
namespace crate_requests_detail {

std::vector<std::string> canonical(const options::Config& config, const std::vector<std::string>& paths) {
    std::vector<std::string> all;
    for (const std::string& path : paths) all.push_back(join_path(config.directory, path));
    return all;
}

rust::CrateRule rule_of(const options::Config& config, const options::CrateRule& table) {
    rust::CrateRule rule;
    const std::size_t space = std::min(table.id.find(' '), table.id.size());
    rule.crate = table.id.substr(0, space);
    rule.versions = std::string(trim(std::string_view(table.id).substr(space)));
    rule.env = *table.env;
    rule.pass_env = *table.pass_env;
    rule.tools = *table.tools;
    rule.uses = *table.uses;
    rule.headers = *table.headers;
    rule.features = *table.features;
    rule.inputs = canonical(config, *table.inputs);
    rule.outputs = canonical(config, *table.outputs);
    rule.deny_run = *table.deny_run;
    rule.provides = *table.provides;
    rule.library = *table.library;
    rule.options = *table.options;
    rule.network = *table.network;
    rule.for_users = *table.for_users;
    rule.canonical_paths = *table.canonical_paths;
    rule.said_by = table.said_by;
    rule.place = table.place;
    return rule;
}

// The same settings for every artefact of the project: a crate shared by two of them is built once. Where no Python is
// known, a rule under a marker does not hold.
rust::SharedSettings settings_of(const options::Config& config, const BuildRequest& request,
                                 const MarkerEnvironment* markers) {
    auto settings = std::make_shared<rust::CrateSettings>();
    const MarkerEnvironment none;
    for (const options::CrateRule& table : config.crates) {
        const bool cfg = table.when->compare(0, 4, "cfg(") == 0;
        if (markers == nullptr && !table.when->empty() && !cfg) continue;
        if (holds(config, table.when, markers != nullptr ? *markers : none).value_or(false))
            settings->rules.push_back(rule_of(config, table));
    }
    if (!config.cargo.lock_file->empty()) settings->lock_file = join_path(config.directory, *config.cargo.lock_file);
    if (target_of(config).cross) {
        settings->cross = cross_record(config);
        settings->target = settings->cross.target.rust();
    }
    settings->locked = request.locked || *config.cargo.locked;
    settings->offline = request.offline || *config.cargo.offline;
    settings->frozen = request.frozen;
    return settings;
}

// A name with a slash is a directory; others are package names for the workspace to find.
std::vector<std::string> crate_names(const options::Config& config, const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const std::string& name : names) {
        all.push_back(contains(name, "/") || name == "." ? join_path(config.directory, name) : name);
    }
    return all;
}

// Every table of the same selection that applies here, in the order of the configuration: modules, libraries, programs.
std::vector<rust::SelectedCrates> selection_of(const options::Config& config, const std::string& selection,
                                               const MarkerEnvironment* markers) {
    std::vector<rust::SelectedCrates> all;
    auto add = [&](const auto& table, const std::vector<std::string>& crates) {
        if (selection.empty() || *table.selection != selection) return;
        // A condition that cannot be read is an error where its own table is built.
        if (markers != nullptr && !holds(config, table.when, *markers).value_or(true)) return;
        all.push_back({crate_names(config, crates), *table.features, *table.default_features, *table.all_features});
    };
    for (const options::RustModule& table : config.rust_modules) add(table, {*table.crate});
    for (const options::RustLibrary& table : config.rust_libraries) add(table, *table.crates);
    for (const options::Executable& table : config.executables) {
        if (!table.crate->empty()) add(table, {*table.crate});
    }
    return all;
}

rust::CrateRequest base_request(const options::Config& config, const options::CrateOptions& table,
                                const BuildRequest& request, const Python* python) {
    rust::CrateRequest wanted;
    if (!config.cargo.manifest_path->empty()) {
        wanted.manifest_path = join_path(config.directory, *config.cargo.manifest_path);
    }
    wanted.search_directory = config.directory;
    wanted.config_overrides = *config.cargo.config;
    wanted.overrides_said_by = config.cargo.config.origin.text();
    wanted.overrides_directory = config.directory;
    wanted.features = *table.features;
    wanted.default_features = *table.default_features;
    wanted.all_features = *table.all_features;
    wanted.selection = selection_of(config, *table.selection, python != nullptr ? &python->record.markers : nullptr);
    wanted.profile = *table.profile;
    if (wanted.profile.empty()) {
        Result<options::ProfileFlags> profile = options::flags_for(config, request.profile);
        wanted.profile = profile.ok() ? profile->rust_profile : "release";
    }
    wanted.settings = settings_of(config, request, python != nullptr ? &python->record.markers : nullptr);
    return wanted;
}

}  // namespace crate_requests_detail

rust::SharedSettings crate_settings(const options::Config& config, const BuildRequest& request) {
    return crate_requests_detail::settings_of(config, request, nullptr);
}

using crate_requests_detail::base_request;
using crate_requests_detail::crate_names;

std::string pyo3_config(const Python& python, bool embeds) {
    const Interpreter& record = python.record;
    std::string implementation = record.implementation == "pypy"      ? "PyPy"
                                 : record.implementation == "graalpy" ? "GraalVM"
                                                                      : "CPython";
    bool shared = record.var("Py_ENABLE_SHARED") == "1";
    std::vector<std::string> flags;
    if (record.gil_disabled) flags.push_back("Py_GIL_DISABLED");
    if (record.debug) flags.push_back("Py_DEBUG");
    std::string library = embeds ? cat("\nlib_dir=", record.var("LIBDIR")) : "";
    return cat("implementation=", implementation, "\nversion=", record.version_text(),
               "\nshared=", shared ? "true" : "false", "\nabi3=false\nlib_name=python", record.version_text(),
               record.abiflags, library, "\npointer_width=", record.pointer_bits, "\nbuild_flags=", join(flags, ","),
               "\nsuppress_build_script_link_lines=false\n");
}

namespace crate_requests_detail {

void add_python(rust::CrateRequest& wanted, const Python& python) {
    auto settings = std::make_shared<rust::CrateSettings>(*wanted.settings);
    settings->python.embeds = wanted.use == rust::CrateUse::Program;
    settings->python.pyo3_config = pyo3_config(python, settings->python.embeds);
    wanted.settings = settings;
}

}  // namespace crate_requests_detail

using crate_requests_detail::add_python;

rust::CrateRequest module_crate(const options::Config& config, const options::RustModule& table, const Python& python,
                                const BuildRequest& request) {
    rust::CrateRequest wanted = base_request(config, table, request, &python);
    wanted.use = rust::CrateUse::Module;
    wanted.name = *table.name;
    wanted.crates = crate_names(config, {*table.crate});
    wanted.place = table.place;
    std::string last = table.name->substr(table.name->rfind('.') + 1);
    bool all = contains(*table.exports, "*");
    if (!all) {
        wanted.exports = {"PyInit_" + last, "PyModExport_" + last};  // PEP 489, PEP 793
        wanted.exports.insert(wanted.exports.end(), table.exports->begin(), table.exports->end());
    }
    add_python(wanted, python);
    return wanted;
}

rust::CrateRequest library_crate(const options::Config& config, const options::RustLibrary& table, const Python& python,
                                 const BuildRequest& request, const std::string& distribution) {
    rust::CrateRequest wanted = base_request(config, table, request, &python);
    wanted.use = *table.link == "shared" ? rust::CrateUse::Shared : rust::CrateUse::Merged;
    add_python(wanted, python);
    wanted.name = *table.name;
    if (wanted.use == rust::CrateUse::Shared) {
        wanted.name = shared_library_stem(*table.name, distribution);  // rustc names the file by it
        wanted.soname = shared_library_file(*table.name, distribution);
        wanted.exports = *table.exports;
    }
    wanted.crates = crate_names(config, *table.crates);
    wanted.place = table.place;
    return wanted;
}

bool has_conditions(const options::Config& config, const std::string& selection) {
    auto conditional = [&](const auto& tables) {
        return std::any_of(tables.begin(), tables.end(),
                           [&](const auto& table) { return *table.selection == selection && !table.when->empty(); });
    };
    const bool ruled = std::any_of(config.crates.begin(), config.crates.end(),
                                   [](const options::CrateRule& rule) { return !rule.when->empty(); });
    return ruled || (!selection.empty() && (conditional(config.rust_modules) || conditional(config.rust_libraries) ||
                                            conditional(config.executables)));
}

rust::CrateRequest program_crate(const options::Config& config, const options::Executable& table, const Python* python,
                                 const BuildRequest& request) {
    rust::CrateRequest wanted = base_request(config, table, request, python);
    wanted.use = rust::CrateUse::Program;
    wanted.name = *table.name;
    wanted.bin = *table.bin;
    wanted.crates = crate_names(config, {*table.crate});
    wanted.place = table.place;
    if (python != nullptr) add_python(wanted, *python);
    return wanted;
}

Result<std::vector<rust::CrateRequest>> all_crates(const options::Config& config, const Python& python,
                                                   const BuildRequest& request, const std::string& distribution) {
    std::vector<rust::CrateRequest> all;
    const MarkerEnvironment& markers = python.record.markers;
    for (const options::RustLibrary& table : config.rust_libraries) {
        TRY(active, holds(config, table.when, markers));
        if (active) all.push_back(library_crate(config, table, python, request, distribution));
    }
    for (const options::RustModule& table : config.rust_modules) {
        TRY(active, holds(config, table.when, markers));
        if (active) all.push_back(module_crate(config, table, python, request));
    }
    for (const options::Executable& table : config.executables) {
        TRY(active, holds(config, table.when, markers));
        if (active && !table.crate->empty()) all.push_back(program_crate(config, table, &python, request));
    }
    return all;
}

void for_machine(rust::CrateRequest& wanted, Machine machine) {
    if (machine == Machine::Target) return;
    auto settings = std::make_shared<rust::CrateSettings>(*wanted.settings);
    settings->target.clear();
    settings->for_build = true;
    wanted.settings = settings;
}

std::vector<std::string> in_tree_outputs(const options::Config& config) {
    std::vector<std::string> all;
    for (const options::CrateRule& rule : config.crates) {
        for (const std::string& path : *rule.outputs) all.push_back(join_path(config.directory, path));
    }
    for (const options::Generate& generate : config.generates) {
        for (const std::string& path : *generate.outputs) all.push_back(join_path(config.directory, path));
    }
    return all;
}

}  // namespace cermet::python
