// What `uses` entries give, and the native libraries and programs behind them.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "languages/python/crate_requests.h"
#include "languages/python/environment.h"
#include "languages/python/generate.h"
#include "languages/python/modules.h"
#include "languages/python/native_target.h"
#include "languages/python/request.h"
#include "languages/python/shared_libraries.h"

namespace cermet::python {
namespace provide_detail {

NativeTarget library_target(const options::CLibrary& table, const options::Config& config,
                            const std::string& distribution) {
    NativeTarget native;
    bool shared = *table.kind == "shared";
    native.name = *table.name;
    native.output = shared ? shared_library_file(*table.name, distribution) : cat("lib", *table.name, ".a");
    native.kind = c::LinkKind::SharedLibrary;
    native.archive = !shared;
    native.place = table.place;
    native.std = *table.std;
    native.exports = *table.exports;
    native.python_flags = false;
    native.c_flags = {"-fPIC"};
    native.cxx_flags = {"-fPIC"};
    for (const std::string& directory : *table.public_include) {
        native.include_dirs.push_back(join_path(config.directory, directory));
    }
    fill(native, table, config);
    for (const auto& [name, value] : *table.public_define) native.defines.emplace(name, value);
    return native;
}

// The directories of declared headers and pxd files, so that users find them without naming them.
void add_header_directories(c::Provides& provides, const std::vector<exec::Input>& inputs) {
    std::set<std::string> seen(provides.include_dirs.begin(), provides.include_dirs.end());
    for (const exec::Input& input : inputs) {
        std::string_view suffix = extension(input.path);
        std::string directory(parent(input.path));
        bool header = suffix == ".h" || suffix == ".hpp" || suffix == ".hh";
        if (header && seen.insert(directory).second) provides.include_dirs.push_back(directory);
    }
}

// A shared library has linked what it uses; whoever links it must only be able to find the shared ones of that.
void add_needed(c::Provides& provides, const std::vector<c::Provides>& used) {
    c::Provides needed;
    for (const c::Provides& one : used) {
        needed.needed_libraries = one.shared_libraries;
        provides.add_to_link(needed);
        needed.needed_libraries = one.needed_libraries;
        provides.add_to_link(needed);
    }
}

std::vector<std::string> table_names(const options::Config& config, options::UseKind kind) {
    std::vector<std::string> names;
    if (kind == options::UseKind::Rust) {
        for (const auto& table : config.rust_libraries) names.push_back("rust:" + *table.name);
    } else if (kind == options::UseKind::C) {
        for (const auto& table : config.c_libraries) names.push_back("c:" + *table.name);
    } else if (kind == options::UseKind::Generate) {
        for (const auto& table : config.generates) names.push_back("generate:" + *table.name);
    }
    return names;
}

Error unknown_use(const options::Config& config, const options::Use& use, const std::string& text, const Where& where) {
    std::string near = nearest(text, table_names(config, use.kind));
    return project_error(cat("`uses` names ", text, ", and nothing is called so"),
                         near.empty() ? "" : cat("did you mean ", near, "?"))
        .at(where);
}

exec::Action pkg_config_action(const exec::Program& program, const std::string& name) {
    exec::Action action;
    action.label = cat("pkg-config-", name);
    action.description = cat("pkg-config ", name);
    action.argv = {program.path, "--cflags", "--libs", name};
    action.cwd = "/";
    action.platform["pkg-config"] = program.digest.hex();
    action.pass_env = {"PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"};
    action.hint = cat("install the development package of ", name);
    return action;
}

void read_pkg_config(const std::string& printed, c::Provides& provides) {
    for (const std::string& word : split_words(printed)) {
        if (word.compare(0, 2, "-I") == 0) {
            provides.include_dirs.push_back(word.substr(2));
        } else if (word.compare(0, 2, "-D") == 0 || word == "-pthread") {
            provides.compile_flags.push_back(word);
        } else {
            provides.link_flags.push_back(word);
        }
    }
}

// The archive that a name for the linker means, when the provider made it.
const exec::Input* archive_in(const std::vector<std::string>& search, const std::string& library,
                              const std::vector<exec::Input>& files) {
    for (const std::string& directory : search) {
        const std::string path = cat(directory, "/lib", library, ".a");
        for (const exec::Input& file : files) {
            if (file.path == path) return &file;
        }
    }
    return nullptr;
}

// A fact as compilers and linkers take it.
c::Provides provides_of(const facts::Fact& fact, const std::vector<exec::Input>& files) {
    c::Provides provides;
    provides.include_dirs = fact.value["include"].string_list();
    provides.pxd_dirs = provides.include_dirs;
    for (const auto& [name, value] : fact.value["defines"].object())
        provides.compile_flags.push_back(value.string().empty() ? "-D" + name : cat("-D", name, "=", value.string()));
    const std::vector<std::string> search = fact.value["search"].string_list();
    for (const std::string& library : fact.value["libraries"].string_list()) {
        const exec::Input* archive =
            fact.value["link"].string() == "static" ? archive_in(search, library, files) : nullptr;
        if (archive != nullptr) {
            provides.archives.push_back(*archive);
        } else {
            provides.link_flags.push_back("-l" + library);
        }
    }
    for (const std::string& directory : search) provides.link_flags.push_back("-L" + directory);
    for (const std::string& library : fact.value["system"].string_list()) provides.link_flags.push_back("-l" + library);
    provides.inputs = files;
    return provides;
}

Error nobody_provides(const std::string& wanted, std::vector<std::string> offered, const Where& where) {
    std::sort(offered.begin(), offered.end());
    offered.erase(std::unique(offered.begin(), offered.end()), offered.end());
    const std::string near = nearest(wanted, offered);
    std::string hint = offered.empty() ? std::string("no build script of this project's crates provides anything")
                                       : cat("there are ", join(offered, ", "));
    if (!near.empty()) hint = cat("did you mean ", near, "?");
    return project_error(cat("`uses` names ", wanted, ", and no build script that is seen here provides it"), hint)
        .at(where);
}

}  // namespace provide_detail

// --- one provider each ---

class ProvideCLibrary {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-c-library";
    explicit ProvideCLibrary(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};

engine::Task<c::Provides> run(engine::Build build, ProvideCLibrary key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::CLibrary* table = config->find_c_library(key.name());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    NativeTarget native = provide_detail::library_target(*table, *config, distribution);
    CO_TRY(sources, expand_sources(build.service<exec::Executor>().files(), *config, *table->sources, table->place));
    for (const std::string& source : sources) native.sources.emplace_back(source, Digest());
    exec::Outcome made = co_await build.get(BuildNative(native));
    c::Provides provides;
    for (const std::string& directory : *table->public_include) {
        provides.include_dirs.push_back(join_path(config->directory, directory));
        provides.pxd_dirs.push_back(join_path(config->directory, directory));
    }
    for (const auto& [name, value] : *table->public_define) {
        provides.compile_flags.push_back(value.empty() ? "-D" + name : cat("-D", name, "=", value));
    }
    std::vector<ProvideUse> wanted;
    for (const std::string& use : native.uses) wanted.emplace_back(use, native.place);
    std::vector<c::Provides> used = co_await build.all(wanted);
    if (native.archive) {
        // Whoever links the archive needs what it needs.
        provides.archives.push_back(made.input(native.output));
        provides.cxx = std::any_of(sources.begin(), sources.end(), [](const std::string& source) {
            return c::language_of(source) == c::Language::Cxx;
        });
        provides.link_flags = native.link_flags;
        for (const c::Provides& one : used) provides.add_to_link(one);
    } else {
        provides.shared_libraries.push_back(made.input(native.output));
        provide_detail::add_needed(provides, used);
    }
    co_return provides;
}

class ProvideRustLibrary {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-rust-library";
    explicit ProvideRustLibrary(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};

engine::Task<c::Provides> run(engine::Build build, ProvideRustLibrary key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::RustLibrary* table = config->find_rust_library(key.name());
    Python python = co_await build.get(FindPython());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    rust::CrateRequest wanted = library_crate(*config, *table, python, build.service<BuildRequest>(), distribution);
    if (!wanted.settings->crates_outputs().empty()) {
        CO_TRY(all, all_crates(*config, python, build.service<BuildRequest>(), distribution));
        build.want(rust::BuildCrate(wanted));
        bool settled = co_await build.get(rust::SettleOutputs(all));
        (void)settled;
    }
    rust::CrateArtifact artifact = co_await build.get(rust::BuildCrate(wanted));
    c::Provides provides;
    for (const std::string& directory : *table->public_include) {
        provides.include_dirs.push_back(join_path(config->directory, directory));
        provides.pxd_dirs.push_back(join_path(config->directory, directory));
    }
    provides.inputs = artifact.inputs;
    provide_detail::add_header_directories(provides, artifact.inputs);
    if (wanted.use == rust::CrateUse::Shared) {
        provides.shared_libraries.push_back(artifact.file);
    } else {
        provides.archives.push_back(artifact.file);
        provides.archives.insert(provides.archives.end(), artifact.archives.begin(), artifact.archives.end());
    }
    provides.link_flags = artifact.link_flags;
    co_return provides;
}

class ProvideSystem {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-system";
    explicit ProvideSystem(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};

engine::Task<c::Provides> run(engine::Build build, ProvideSystem key) {
    exec::Program program = co_await build.get(exec::FindProgram("pkg-config"));
    if (!program.found()) {
        co_return environment_error(cat("pkg-config is needed for sys:", key.name(), ", and is not installed"),
                                    "install pkg-config");
    }
    exec::Action action = provide_detail::pkg_config_action(program, key.name());
    exec::Outcome answered = co_await build.get(exec::Run(std::move(action)));
    std::string printed = co_await build.get(exec::BlobText(answered.stdout_digest));
    c::Provides provides;
    provide_detail::read_pkg_config(printed, provides);
    co_return provides;
}

// What a build script of one of the project's Rust tables provides.
class ProvideFact {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-fact";
    ProvideFact(facts::FactName name, Where where) : name_(std::move(name)), where_(std::move(where)) {}
    std::string text() const { return cat(name_.kind, ":", name_.name); }
    const facts::FactName& name() const { return name_; }
    const Where& where() const { return where_; }

   private:
    facts::FactName name_;
    Where where_;
};

engine::Task<c::Provides> run(engine::Build build, ProvideFact key) {
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindPython());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    CO_TRY(requests, all_crates(*config, python, build.service<BuildRequest>(), distribution));
    rust::ProvidedFact found;
    for (const rust::CrateRequest& request : requests) {
        rust::ProvidedFact one = co_await build.get(rust::FindFact(request, key.name()));
        found.offered.insert(found.offered.end(), one.offered.begin(), one.offered.end());
        if (!one.fact) continue;
        if (found.fact && found.fact->digest() != one.fact->digest()) {
            co_return project_error(
                cat(key.text(), " is provided by ", found.fact->origin, " and by ", one.fact->origin))
                .at(key.where());
        }
        found.fact = one.fact;
        found.files = one.files;
    }
    if (!found.fact) co_return provide_detail::nobody_provides(key.text(), found.offered, key.where());
    co_return provide_detail::provides_of(*found.fact, found.files);
}

engine::Task<c::Provides> run(engine::Build build, ProvideUse key) {
    SharedConfig config = co_await build.get(LoadConfig());
    CO_TRY(use, options::parse_use(key.use()));
    switch (use.kind) {
        case options::UseKind::Python: {
            c::Provides provides = co_await build.get(ProvideDistribution(use.name));
            co_return provides;
        }
        case options::UseKind::Rust: {
            if (config->find_rust_library(use.name) == nullptr) break;
            c::Provides provides = co_await build.get(ProvideRustLibrary(use.name));
            co_return provides;
        }
        case options::UseKind::C: {
            if (config->find_c_library(use.name) == nullptr) break;
            c::Provides provides = co_await build.get(ProvideCLibrary(use.name));
            co_return provides;
        }
        case options::UseKind::System: {
            c::Provides provides = co_await build.get(ProvideSystem(use.name));
            co_return provides;
        }
        case options::UseKind::Generate: {
            if (config->find_generate(use.name) == nullptr) break;
            exec::Outcome made = co_await build.get(RunGenerate(use.name));
            c::Provides provides;
            provides.inputs = made.all_inputs();
            provide_detail::add_header_directories(provides, provides.inputs);
            co_return provides;
        }
        case options::UseKind::Fact: {
            facts::FactName name = *facts::parse_fact_name(key.use());
            c::Provides provides = co_await build.get(ProvideFact(name, key.where()));
            co_return provides;
        }
        case options::UseKind::Tool: {
            co_return c::Provides();  // a program of this build: only generators run it
        }
    }
    co_return provide_detail::unknown_use(*config, use, key.use(), key.where());
}

// --- programs ---

engine::Task<BuiltProgram> run(engine::Build build, BuildProgram key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::Executable* table = config->find_executable(key.name());
    if (table == nullptr) co_return usage_error(cat("no executable is called ", key.name()));
    BuiltProgram built;
    built.name = *table->name;
    built.install = *table->install;
    if (!table->crate->empty()) {
        rust::CrateRequest wanted = program_crate(*config, *table, nullptr, build.service<BuildRequest>());
        bool asks = config->has_pyproject && has_conditions(*config, *table->selection);
        if (config->has_pyproject && !asks) {
            bool looks = co_await build.get(rust::LooksForPython(wanted));
            asks = looks;
        }
        if (asks) {
            Python found = co_await build.get(FindPython());
            wanted = program_crate(*config, *table, &found, build.service<BuildRequest>());
        }
        rust::CrateArtifact artifact = co_await build.get(rust::BuildCrate(wanted));
        built.file = artifact.file;
        co_return built;
    }
    NativeTarget native;
    native.name = *table->name;
    native.output = *table->name;
    native.kind = c::LinkKind::Executable;
    native.place = table->place;
    native.std = *table->std;
    native.python_flags = false;
    native.wheel_directory = built.install ? "bin" : "";
    fill(native, *table, *config);
    CO_TRY(sources, expand_sources(build.service<exec::Executor>().files(), *config, *table->sources, table->place));
    for (const std::string& source : sources) native.sources.emplace_back(source, Digest());
    exec::Outcome linked = co_await build.get(BuildNative(native));
    std::vector<ProvideUse> wanted;
    for (const std::string& use : native.uses) wanted.emplace_back(use, native.place);
    std::vector<c::Provides> used = co_await build.all(wanted);
    c::Provides all;
    for (const c::Provides& one : used) all.add_to_link(one);
    built.libraries = all.shared_libraries;
    built.libraries.insert(built.libraries.end(), all.needed_libraries.begin(), all.needed_libraries.end());
    built.file = linked.input(native.output);
    built.file.kind = exec::InputKind::Executable;
    co_return built;
}

}  // namespace cermet::python
