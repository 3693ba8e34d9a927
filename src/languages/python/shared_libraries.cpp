// Shared libraries inside a wheel.
// SPDX-License-Identifier: MIT
#include "languages/python/shared_libraries.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/python/environment.h"
#include "languages/python/metadata.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/link_check.h"
#include "languages/python/symbols.h"

namespace cermet::python {
namespace shared_libraries_detail {

constexpr std::string_view k_directory = ".libs";

bool of_stubs(std::string_view package) { return package.size() > 6 && package.substr(package.size() - 6) == "-stubs"; }

// The wheel's directory for shared libraries.
std::string place_of(const Layout& layout, const std::string& distribution) {
    for (const std::string& package : layout.discovery.packages) {
        if (extension(package) == ".py" || of_stubs(package)) continue;
        return cat(wheel_path_of(layout.discovery, package), "/", k_directory);
    }
    for (const ModuleTarget& module : layout.modules) {
        std::string directory(parent(module_path(module.name)));
        if (!directory.empty()) return cat(directory, "/", k_directory);
    }
    return cat(escape_name(distribution), k_directory);
}

class LibraryPlace {
   public:
    using Value = std::string;
    static constexpr std::string_view k_name = "library-place";
    std::string text() const { return {}; }
};

engine::Task<std::string> run(engine::Build build, LibraryPlace) {
    SharedConfig config = co_await build.get(LoadConfig());
    SharedLayout layout = co_await build.get(FindLayout());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    co_return place_of(*layout, distribution);
}

std::string origin(const std::string& place, const std::string& directory) {
    std::string way = relative_to("/" + place, "/" + directory);
    return way == "." ? std::string("$ORIGIN") : cat("$ORIGIN/", way);
}

struct Wanted {
    std::string use;
    Where place;
};

Result<std::vector<Wanted>> wanted_libraries(const options::Config& config, const MarkerEnvironment& markers) {
    std::vector<Wanted> wanted;
    for (const options::CLibrary& table : config.c_libraries) {
        if (*table.kind != "shared") continue;
        TRY(active, holds(config, table.when, markers));
        if (active) wanted.push_back({"c:" + *table.name, table.place});
    }
    for (const options::RustLibrary& table : config.rust_libraries) {
        if (*table.link != "shared") continue;
        TRY(active, holds(config, table.when, markers));
        if (active) wanted.push_back({"rust:" + *table.name, table.place});
    }
    return wanted;
}

}  // namespace shared_libraries_detail

std::string shared_library_stem(std::string_view library, std::string_view distribution) {
    std::string stem_text(library);
    if (!distribution.empty()) stem_text += cat("_", escape_name(distribution));
    for (char& c : stem_text) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain) c = '_';
    }
    return stem_text;
}

std::string shared_library_file(std::string_view library, std::string_view distribution) {
    return cat("lib", shared_library_stem(library, distribution), ".so");
}

Result<std::string> distribution_name(SourceFiles& files, const options::Config& config) {
    if (!config.has_pyproject) return std::string();
    std::string path = join_path(config.directory, "pyproject.toml");
    TRY(text, files.need(path));
    TRY(pyproject, parse_toml(text, "pyproject.toml"));
    TRY(brief, read_project_brief(pyproject, ProjectSource{path, "pyproject.toml"}));
    return brief.name;
}

engine::Task<std::vector<BuiltLibrary>> run(engine::Build build, BuildLibraries) {
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindPython());
    CO_TRY(wanted, shared_libraries_detail::wanted_libraries(*config, python.record.markers));
    std::vector<BuiltLibrary> built;
    if (wanted.empty()) co_return built;
    std::string place = co_await build.get(shared_libraries_detail::LibraryPlace());
    std::vector<ProvideUse> uses;
    for (const auto& one : wanted) uses.emplace_back(one.use, one.place);
    std::vector<c::Provides> provided = co_await build.all(uses);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (provided[i].shared_libraries.size() != 1) co_return bug("not one shared library: " + wanted[i].use);
        BuiltLibrary library;
        library.name = wanted[i].use;
        library.file = provided[i].shared_libraries[0];
        library.wheel_path = cat(place, "/", file_name(library.file.path));
        SymbolCheck check;
        check.file = library.file;
        check.shown = library.wheel_path;
        check.what = "library";
        check.runtime_library = python.runtime_library;
        std::vector<std::string> directories = co_await build.get(FindTargetLibraries());
        check.directories = directories;
        check.libraries = provided[i].needed_libraries;
        check.place = wanted[i].place;
        bool loads = co_await build.get(CheckLoad(check.file, check.shown, check.place));
        if (!loads) co_return bug("a library that does not load must be an error");
        bool fine = co_await build.get(CheckSymbols(check));
        if (!fine) co_return bug("a symbol check that fails must be an error");
        built.push_back(library);
    }
    co_return built;
}

std::string RunPaths::text() const { return cat(static_cast<int>(kind_), " ", directory_); }

engine::Task<std::vector<std::string>> run(engine::Build build, RunPaths key) {
    std::vector<std::string> paths;
    // Libraries lie beside each other; a program finds them beside itself, where `build TARGET` puts them.
    if (key.kind() != c::LinkKind::Module) paths.emplace_back("$ORIGIN");
    bool inside = key.kind() == c::LinkKind::Module || !key.directory().empty();
    if (key.kind() == c::LinkKind::SharedLibrary || !inside) co_return paths;
    SharedConfig config = co_await build.get(LoadConfig());
    if (!config->has_pyproject) {  // a module lies below the directory that `build TARGET` puts libraries into
        if (key.kind() == c::LinkKind::Module) paths.push_back(shared_libraries_detail::origin("", key.directory()));
        co_return paths;
    }
    std::string place = co_await build.get(shared_libraries_detail::LibraryPlace());
    if (key.kind() == c::LinkKind::Module) {
        paths.push_back(shared_libraries_detail::origin(place, key.directory()));
        co_return paths;
    }
    // An installed command lies in bin/ of an environment, and its wheel's packages in site-packages.
    Python python = co_await build.get(FindPython());
    const Interpreter& record = python.record;
    std::string site = cat("lib/python", record.version_text(), record.gil_disabled ? "t" : "", "/site-packages/");
    paths.push_back(shared_libraries_detail::origin(site + place, key.directory()));
    co_return paths;
}

}  // namespace cermet::python
