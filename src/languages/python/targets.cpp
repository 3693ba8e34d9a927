// Building what the command line names: the right rule for each word, and its answer in one form.
// SPDX-License-Identifier: MIT
#include "languages/python/targets.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/environment.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"

namespace cermet::python {
namespace targets_detail {

constexpr std::pair<TargetRole, std::string_view> k_roles[] = {{TargetRole::Archive, "archive"},
                                                               {TargetRole::SharedLibrary, "shared-library"},
                                                               {TargetRole::Program, "program"},
                                                               {TargetRole::Module, "module"},
                                                               {TargetRole::File, "file"}};

void add_files(BuiltTarget& target, TargetRole role, const std::vector<exec::Input>& files) {
    for (const exec::Input& file : files) target.files.push_back({role, std::string(file_name(file.path)), file});
}

BuiltTarget target_of(const BuiltProgram& program) {
    BuiltTarget target;
    target.files.push_back({TargetRole::Program, program.name, program.file});  // rustc may call it otherwise
    add_files(target, TargetRole::SharedLibrary, program.libraries);            // it looks beside itself
    return target;
}

BuiltTarget target_of(const c::Provides& provided) {
    BuiltTarget target;
    add_files(target, TargetRole::Archive, provided.archives);
    add_files(target, TargetRole::SharedLibrary, provided.shared_libraries);
    add_files(target, TargetRole::SharedLibrary, provided.needed_libraries);
    add_files(target, TargetRole::File, provided.inputs);
    target.include_dirs = provided.include_dirs;
    target.compile_flags = provided.compile_flags;
    target.link_flags = provided.link_flags;
    target.cxx = provided.cxx;
    return target;
}

// Of a project without a Python package the output directory can be imported from; a wheel has the others.
BuiltTarget target_of(const BuiltModule& module, const options::Config& config) {
    BuiltTarget target;
    std::string path = config.has_pyproject ? std::string(file_name(module.wheel_path)) : module.wheel_path;
    target.files.push_back({TargetRole::Module, std::move(path), module.file});
    return target;
}

// A bare name means a table of that name, else a module.
std::string full_name(const options::Config& config, const std::string& name) {
    if (contains(name, ":")) return name;
    if (config.find_executable(name) != nullptr) return "tool:" + name;
    if (config.find_rust_library(name) != nullptr) return "rust:" + name;
    if (config.find_c_library(name) != nullptr) return "c:" + name;
    if (config.find_generate(name) != nullptr) return "generate:" + name;
    return name;
}

struct Candidate {
    std::string name;
    const options::Text* when;
};

std::vector<Candidate> tables_of(const options::Config& config) {
    std::vector<Candidate> found;
    for (const auto& table : config.c_libraries) found.push_back({"c:" + *table.name, &table.when});
    for (const auto& table : config.rust_libraries) found.push_back({"rust:" + *table.name, &table.when});
    for (const auto& table : config.executables) found.push_back({"tool:" + *table.name, &table.when});
    return found;
}

bool has_modules(const options::Config& config) {
    return !config.cython.empty() || !config.c_modules.empty() || !config.rust_modules.empty();
}

}  // namespace targets_detail

std::string_view role_text(TargetRole role) {
    for (const auto& [known, text] : targets_detail::k_roles) {
        if (known == role) return text;
    }
    return "file";
}

TargetRole role_of_text(std::string_view text) {
    for (const auto& [role, known] : targets_detail::k_roles) {
        if (known == text) return role;
    }
    return TargetRole::File;
}

engine::Task<BuiltTarget> run(engine::Build build, BuildTarget key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const std::string name = targets_detail::full_name(*config, key.name());
    BuiltTarget target;
    if (name.compare(0, 5, "tool:") == 0) {
        BuiltProgram program = co_await build.get(BuildProgram(name.substr(5)));
        target = targets_detail::target_of(program);
    } else if (contains(name, ":")) {
        c::Provides provided = co_await build.get(ProvideUse(name, Where()));
        target = targets_detail::target_of(provided);
    } else {
        BuiltModule module = co_await build.get(BuildModule(name));
        target = targets_detail::target_of(module, *config);
    }
    target.name = name;
    co_return target;
}

// Every table that `when` leaves, in the order of the kinds; what is generated is made for those who use it.
class FindTargets {
   public:
    using Value = std::vector<std::string>;
    static constexpr std::string_view k_name = "target-names";
    std::string text() const { return {}; }
};

engine::Task<std::vector<std::string>> run(engine::Build build, FindTargets) {
    SharedConfig config = co_await build.get(LoadConfig());
    std::vector<targets_detail::Candidate> tables = targets_detail::tables_of(*config);
    MarkerEnvironment markers;
    bool asks = std::any_of(tables.begin(), tables.end(), [](const auto& one) { return !(*one.when)->empty(); });
    if (asks) {
        Python python = co_await build.get(FindPython());
        markers = python.record.markers;
    }
    std::vector<std::string> names;
    for (const targets_detail::Candidate& table : tables) {
        CO_TRY(active, holds(*config, *table.when, markers));
        if (active) names.push_back(table.name);
    }
    if (targets_detail::has_modules(*config)) {
        SharedLayout layout = co_await build.get(FindLayout());
        for (const ModuleTarget& module : layout->modules) names.push_back(module.name);
    }
    // Nobody uses them here, so they are what is wanted.
    if (names.empty()) {
        for (const options::Generate& table : config->generates) names.push_back("generate:" + *table.name);
    }
    if (names.empty()) {
        co_return project_error(cat("there is nothing to build: ", file_name(config->file), " has no targets"));
    }
    co_return names;
}

std::string BuildTargets::text() const { return join(names_, " "); }

engine::Task<std::vector<BuiltTarget>> run(engine::Build build, BuildTargets key) {
    std::vector<std::string> names = key.names();
    if (names.empty()) {
        std::vector<std::string> all = co_await build.get(FindTargets());
        names = all;
    }
    std::vector<BuildTarget> wanted;
    for (const std::string& name : names) wanted.emplace_back(name);
    std::vector<BuiltTarget> built = co_await build.all(wanted);
    co_return built;
}

}  // namespace cermet::python
