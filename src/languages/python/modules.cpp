// The rules for extension modules: Cython, C and Rust sources become one importable file each.
// SPDX-License-Identifier: MIT
#include "languages/python/modules.h"

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/cython/cython.h"
#include "languages/python/crate_requests.h"
#include "languages/python/environment.h"
#include "languages/python/native_target.h"
#include "languages/python/request.h"
#include "languages/python/link_check.h"
#include "languages/python/symbols.h"

namespace cermet::python {
namespace modules_detail {

struct AbiChoice {
    Abi abi = Abi::Version;
    StableFloor floor;
};

Result<AbiChoice> limited_api(const std::string& text, const Where& place) {
    AbiChoice choice;
    if (text.empty() || text == "no") return choice;
    std::vector<std::string> parts = split(text, '.');
    if (parts.size() != 2 || parts[0] != "3" || parts[1].empty()) {
        return project_error(cat("limited-api is not a Python version: ", text), "write it as \"3.9\"").at(place);
    }
    choice.abi = Abi::Stable;
    choice.floor.minor = std::atoi(parts[1].c_str());
    return choice;
}

// Py_LIMITED_API as CPython spells it: 0x03090000 for 3.9.
std::string limited_api_value(const StableFloor& floor) {
    std::string digits = "0123456789abcdef";
    int minor = floor.minor;
    return cat("0x03", digits[static_cast<std::size_t>(minor / 16)], digits[static_cast<std::size_t>(minor % 16)],
               "0000");
}

std::string last_part(const std::string& module) {
    std::size_t dot = module.rfind('.');
    return dot == std::string::npos ? module : module.substr(dot + 1);
}

// PyInit_name, or PyInitU_<punycode> for names beyond ASCII (PEP 489).
std::string init_symbol(const std::string& module) { return "PyInit_" + last_part(module); }

std::vector<std::string> exports_of(const std::string& module, const std::vector<std::string>& more) {
    std::vector<std::string> symbols = {init_symbol(module)};
    symbols.insert(symbols.end(), more.begin(), more.end());
    return symbols;
}

Result<std::string> file_of(const Python& python, const std::string& module, const AbiChoice& choice) {
    TRY(suffix, module_suffix(python.record, choice.abi, choice.floor));
    return last_part(module) + suffix;
}

BuiltModule module_of(const std::string& name, const exec::Input& file, const AbiChoice& choice) {
    BuiltModule built;
    built.name = name;
    std::string directory(parent(module_path(name)));
    built.wheel_path = join_path(directory, file_name(file.path));
    built.file = file;
    built.abi = choice.abi;
    built.floor = choice.floor;
    return built;
}

}  // namespace modules_detail

// --- Cython ---

class BuildCythonModule {
   public:
    using Value = BuiltModule;
    static constexpr std::string_view k_name = "cython-module";
    explicit BuildCythonModule(ModuleTarget target) : target_(std::move(target)) {}
    std::string text() const { return target_.name; }
    const ModuleTarget& target() const { return target_; }

   private:
    ModuleTarget target_;
};

namespace modules_detail {

std::map<std::string, Json> directives_of(const options::ProfileFlags& profile, const options::CythonGroup& group) {
    std::map<std::string, Json> directives = profile.cython_directives;
    for (const auto& [name, value] : *group.directives) directives[name] = value;
    return directives;
}

cython::Module cython_module(const ModuleTarget& target, const options::Config& config,
                             const options::CythonGroup& group, const options::ProfileFlags& profile) {
    cython::Module module;
    module.name = target.name;
    module.source.path = target.source;
    module.language = *group.language == "c++" ? c::Language::Cxx : c::Language::C;
    module.directives = directives_of(profile, group);
    module.compile_time_env = *group.compile_time_env;
    for (const std::string& directory : *group.include_path) {
        module.include_path.push_back(join_path(config.directory, directory));
    }
    module.directory = config.directory;
    module.annotate = *group.annotate;
    return module;
}

}  // namespace modules_detail

engine::Task<BuiltModule> run(engine::Build build, BuildCythonModule key) {
    const ModuleTarget& target = key.target();
    SharedConfig config = co_await build.get(LoadConfig());
    SharedLayout layout = co_await build.get(FindLayout());
    const options::CythonGroup& group = config->cython[target.table];
    Python python = co_await build.get(FindPython());
    CO_TRY(choice, modules_detail::limited_api(*group.limited_api, target.place));
    CO_TRY(output, modules_detail::file_of(python, target.name, choice));
    CO_TRY(profile, options::flags_for(*config, build.service<BuildRequest>().profile));
    cython::Module module = modules_detail::cython_module(target, *config, group, profile);
    if (!layout->discovery.source_root.empty()) {
        module.directory = join_path(config->directory, layout->discovery.source_root);
    }
    cython::Compiler compiler = co_await build.get(FindCython());  // missing: say so before the long steps
    module.compiler = compiler;
    for (const std::string& use : *group.uses) {
        c::Provides provided = co_await build.get(ProvideUse(use, target.place));
        module.include_path.insert(module.include_path.end(), provided.pxd_dirs.begin(), provided.pxd_dirs.end());
        module.inputs.insert(module.inputs.end(), provided.inputs.begin(), provided.inputs.end());
    }
    exec::Outcome generated = co_await build.get(cython::Cythonize(module));
    NativeTarget native;
    native.name = target.name;
    native.output = output;
    native.sources.push_back(generated.input(cython::generated_name(module)));
    native.place = target.place;
    native.project_file = target.source;
    // The C lies far from its .pyx: `cdef extern from "x.h"` must still find headers beside the source.
    native.include_dirs.push_back(std::string(parent(target.source)));
    native.include_dirs.push_back(generated.directory);
    fill(native, group, *config);
    for (const std::string& source : group.sources->list) {
        if (c::is_c_source(source)) native.sources.emplace_back(join_path(config->directory, source), Digest());
    }
    if (choice.abi == Abi::Stable) native.defines["Py_LIMITED_API"] = modules_detail::limited_api_value(choice.floor);
    native.exports = modules_detail::exports_of(target.name, *group.exports);
    native.wheel_directory = std::string(parent(module_path(target.name)));
    exec::Outcome linked = co_await build.get(BuildNative(native));
    BuiltModule built = modules_detail::module_of(target.name, linked.input(output), choice);
    co_return built;
}

// --- C ---

class BuildCModule {
   public:
    using Value = BuiltModule;
    static constexpr std::string_view k_name = "c-module";
    explicit BuildCModule(ModuleTarget target) : target_(std::move(target)) {}
    std::string text() const { return target_.name; }
    const ModuleTarget& target() const { return target_; }

   private:
    ModuleTarget target_;
};

engine::Task<BuiltModule> run(engine::Build build, BuildCModule key) {
    const ModuleTarget& target = key.target();
    SharedConfig config = co_await build.get(LoadConfig());
    const options::CModule& table = config->c_modules[target.table];
    Python python = co_await build.get(FindPython());
    CO_TRY(choice, modules_detail::limited_api(*table.limited_api, target.place));
    CO_TRY(output, modules_detail::file_of(python, target.name, choice));
    NativeTarget native;
    native.name = target.name;
    native.output = output;
    native.place = target.place;
    CO_TRY(sources, expand_sources(build.service<exec::Executor>().files(), *config, *table.sources, table.place));
    for (const std::string& source : sources) native.sources.emplace_back(source, Digest());
    fill(native, table, *config);
    native.std = *table.std;
    if (choice.abi == Abi::Stable) native.defines["Py_LIMITED_API"] = modules_detail::limited_api_value(choice.floor);
    native.exports = modules_detail::exports_of(target.name, *table.exports);
    native.wheel_directory = std::string(parent(module_path(target.name)));
    exec::Outcome linked = co_await build.get(BuildNative(native));
    BuiltModule built = modules_detail::module_of(target.name, linked.input(output), choice);
    co_return built;
}

// --- Rust ---

class BuildRustModule {
   public:
    using Value = BuiltModule;
    static constexpr std::string_view k_name = "rust-module";
    explicit BuildRustModule(ModuleTarget target) : target_(std::move(target)) {}
    std::string text() const { return target_.name; }
    const ModuleTarget& target() const { return target_; }

   private:
    ModuleTarget target_;
};

namespace modules_detail {

// "auto": the abi3 features of the Python binding crate decide, as its own build script would.
AbiChoice abi_of_features(const rust::CrateArtifact& artifact, const Interpreter& python) {
    AbiChoice choice;
    auto binding = artifact.features.find("pyo3-ffi");
    if (binding == artifact.features.end() || python.gil_disabled) return choice;
    for (const std::string& feature : binding->second) {
        if (feature == "abi3" && choice.abi != Abi::Stable) {
            choice.abi = Abi::Stable;
            choice.floor.minor = python.minor;
        }
    }
    if (choice.abi != Abi::Stable) return choice;
    int floor = 0;
    for (const std::string& feature : binding->second) {
        if (feature.compare(0, 8, "abi3-py3") != 0) continue;
        int minor = std::atoi(feature.c_str() + 8);
        if (floor == 0 || minor < floor) floor = minor;  // each floor's feature turns on all later ones
    }
    if (floor > 0) choice.floor.minor = floor;
    return choice;
}

}  // namespace modules_detail

engine::Task<BuiltModule> run(engine::Build build, BuildRustModule key) {
    const ModuleTarget& target = key.target();
    SharedConfig config = co_await build.get(LoadConfig());
    const options::RustModule& table = config->rust_modules[target.table];
    Python python = co_await build.get(FindPython());
    rust::CrateRequest wanted = module_crate(*config, table, python, build.service<BuildRequest>());
    rust::CrateArtifact artifact = co_await build.get(rust::BuildCrate(wanted));
    CO_TRY(choice, modules_detail::limited_api(*table.limited_api == "auto" ? "" : *table.limited_api, target.place));
    if (*table.limited_api == "auto" || table.limited_api->empty()) {
        choice = modules_detail::abi_of_features(artifact, python.record);
    }
    CO_TRY(output, modules_detail::file_of(python, target.name, choice));
    BuiltModule built = modules_detail::module_of(target.name, artifact.file, choice);
    built.wheel_path = join_path(parent(module_path(target.name)), output);
    co_return built;
}

// --- all of them ---

namespace modules_detail {

std::vector<std::string> declared_exports(const options::Config& config, const ModuleTarget& target) {
    switch (target.kind) {
        case ModuleKind::Cython: return *config.cython[target.table].exports;
        case ModuleKind::C: return *config.c_modules[target.table].exports;
        case ModuleKind::Rust: return *config.rust_modules[target.table].exports;
    }
    return {};
}

std::vector<std::string> uses_of(const options::Config& config, const ModuleTarget& target) {
    if (target.kind == ModuleKind::Rust) return {};
    return target.kind == ModuleKind::C ? *config.c_modules[target.table].uses : *config.cython[target.table].uses;
}

}  // namespace modules_detail

engine::Task<BuiltModule> run(engine::Build build, BuildModule key) {
    SharedLayout layout = co_await build.get(FindLayout());
    const ModuleTarget* target = nullptr;
    std::vector<std::string> names;
    for (const ModuleTarget& one : layout->modules) {
        names.push_back(one.name);
        if (one.name == key.name()) target = &one;
    }
    if (target == nullptr) {
        std::string near = nearest(key.name(), names);
        co_return usage_error(cat("no module is called ", key.name()),
                              near.empty() ? "" : cat("did you mean ", near, "?"));
    }
    BuiltModule built;
    if (target->kind == ModuleKind::Cython) {
        BuiltModule made = co_await build.get(BuildCythonModule(*target));
        built = made;
    } else if (target->kind == ModuleKind::C) {
        BuiltModule made = co_await build.get(BuildCModule(*target));
        built = made;
    } else {
        BuiltModule made = co_await build.get(BuildRustModule(*target));
        built = made;
    }
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindPython());
    SymbolCheck check;
    check.file = built.file;
    check.shown = built.wheel_path;
    check.exports = modules_detail::declared_exports(*config, *target);
    std::vector<ProvideUse> uses;
    for (const std::string& use : modules_detail::uses_of(*config, *target)) uses.emplace_back(use, target->place);
    std::vector<c::Provides> provided = co_await build.all(uses);
    for (const c::Provides& one : provided) {
        check.libraries.insert(check.libraries.end(), one.shared_libraries.begin(), one.shared_libraries.end());
        check.libraries.insert(check.libraries.end(), one.needed_libraries.begin(), one.needed_libraries.end());
    }
    check.init_symbol = modules_detail::init_symbol(key.name());
    check.runtime_library = python.runtime_library;
    std::vector<std::string> directories = co_await build.get(FindTargetLibraries());
    check.directories = directories;
    check.place = target->place;
    bool loads = co_await build.get(CheckLoad(check.file, check.shown, check.place));
    if (!loads) co_return bug("a module that does not load must be an error");
    bool fine = co_await build.get(CheckSymbols(check));
    if (!fine) co_return bug("a symbol check that fails must be an error");
    co_return built;
}

}  // namespace cermet::python
