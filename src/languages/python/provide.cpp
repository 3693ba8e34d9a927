// What `uses` entries give, and the native libraries and programs behind them.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "fetch/declared.h"
#include "fetch/fetch_download.h"
#include "languages/python/crate_requests.h"
#include "languages/python/environment.h"
#include "languages/python/facts.h"
#include "languages/python/generate.h"
#include "languages/python/modules.h"
#include "languages/python/native_target.h"
#include "languages/python/request.h"
#include "languages/python/shared_libraries.h"
#include "languages/python/system_library.h"
#include "languages/python/target.h"

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
    } else if (kind == options::UseKind::Download) {
        for (const auto& table : config.downloads) names.push_back("download:" + *table.name);
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

}  // namespace provide_detail

// --- one provider each ---

class ProvideCLibrary {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-c-library";
    ProvideCLibrary(std::string name, Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_ + shown_machine(machine_); }
    engine::Drawn drawn() const { return {"library", "c:" + text(), "c:" + text()}; }
    const std::string& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    std::string name_;
    Machine machine_;
};

engine::Task<c::Provides> run(engine::Build build, ProvideCLibrary key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::CLibrary* table = config->find_c_library(key.name());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    NativeTarget native = provide_detail::library_target(*table, *config, distribution);
    native.machine = key.machine();
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
    for (const std::string& use : native.uses) wanted.emplace_back(use, native.place, native.machine);
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
    ProvideRustLibrary(std::string name, Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_ + shown_machine(machine_); }
    engine::Drawn drawn() const { return {"library", "rust:" + text(), "rust:" + text()}; }
    const std::string& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    std::string name_;
    Machine machine_;
};

engine::Task<c::Provides> run(engine::Build build, ProvideRustLibrary key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::RustLibrary* table = config->find_rust_library(key.name());
    Python python = co_await build.get(FindPython());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    rust::CrateRequest wanted = library_crate(*config, *table, python, build.service<BuildRequest>(), distribution);
    for_machine(wanted, key.machine());
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

engine::Task<ProvidedDownload> run(engine::Build build, ProvideDownload key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const options::Download* table = config->find_download(key.name());
    if (table == nullptr) co_return project_error(cat("no download is called ", key.name()));
    ProvidedDownload provided;
    if (!table->unpack->empty()) {
        fetch::PlacedTree tree = co_await build.get(fetch::UnpackDownload(fetch::pinned_of(*table), *table->unpack));
        provided.path = provided.directory = tree.path;
        provided.input = fetch::input_of(tree);
        co_return provided;
    }
    fetch::PlacedFile file = co_await build.get(fetch::FetchDownload(fetch::pinned_of(*table)));
    provided.path = file.path;
    provided.directory = std::string(parent(file.path));
    provided.input = fetch::input_of(file);
    co_return provided;
}

engine::Task<c::Provides> run(engine::Build build, ProvideUse key) {
    SharedConfig config = co_await build.get(LoadConfig());
    CO_TRY(use, options::parse_use(key.use()));
    switch (use.kind) {
        case options::UseKind::Python: {
            c::Provides provides = co_await build.get(ProvideDistribution(use.name, key.machine()));
            co_return provides;
        }
        case options::UseKind::Rust: {
            if (config->find_rust_library(use.name) == nullptr) break;
            c::Provides provides = co_await build.get(ProvideRustLibrary(use.name, key.machine()));
            co_return provides;
        }
        case options::UseKind::C: {
            if (config->find_c_library(use.name) == nullptr) break;
            c::Provides provides = co_await build.get(ProvideCLibrary(use.name, key.machine()));
            co_return provides;
        }
        case options::UseKind::System: {
            c::Provides provides = co_await build.get(ProvideSystem(use.name, key.machine()));
            co_return provides;
        }
        case options::UseKind::Generate: {
            if (config->find_generate(use.name) == nullptr) break;
            Generated made = co_await build.get(RunGenerate(use.name));
            c::Provides provides;
            provides.inputs = talk::files_of(made.outcome);
            for (const exec::Input& header : made.headers) provides.include_dirs.emplace_back(parent(header.path));
            provide_detail::add_header_directories(provides, provides.inputs);
            co_return provides;
        }
        case options::UseKind::Download: {
            if (config->find_download(use.name) == nullptr) break;
            ProvidedDownload download = co_await build.get(ProvideDownload(use.name));
            c::Provides provides;
            provides.inputs.push_back(download.input);
            provides.include_dirs.push_back(download.directory);
            co_return provides;
        }
        case options::UseKind::Fact: {
            facts::FactName name = *facts::parse_fact_name(key.use());
            c::Provides provides = co_await build.get(ProvideFact(name, key.where(), key.machine()));
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
        for_machine(wanted, key.machine());
        bool asks = config->has_pyproject && has_conditions(*config, *table->selection);
        if (config->has_pyproject && !asks) {
            bool looks = co_await build.get(rust::LooksForPython(wanted));
            asks = looks;
        }
        if (asks) {
            Python found = co_await build.get(FindPython());
            wanted = program_crate(*config, *table, &found, build.service<BuildRequest>());
            for_machine(wanted, key.machine());
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
    native.machine = key.machine();
    native.wheel_directory = built.install ? "bin" : "";
    fill(native, *table, *config);
    CO_TRY(sources, expand_sources(build.service<exec::Executor>().files(), *config, *table->sources, table->place));
    for (const std::string& source : sources) native.sources.emplace_back(source, Digest());
    exec::Outcome linked = co_await build.get(BuildNative(native));
    std::vector<ProvideUse> wanted;
    for (const std::string& use : native.uses) wanted.emplace_back(use, native.place, native.machine);
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
