// Package: the project as read: configuration, metadata, version, files, and the list of modules it is made of.
// SPDX-License-Identifier: MIT
//
// Keys only; nothing here starts a compiler, so prepare_metadata_* can ask for them on a machine without one.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "languages/python/discovery.h"
#include "languages/python/metadata.h"
#include "options/config.h"

namespace cermet::python {

using SharedConfig = std::shared_ptr<const options::Config>;

class LoadConfig {
   public:
    using Value = SharedConfig;
    static constexpr std::string_view k_name = "config";
    std::string text() const { return {}; }
};
engine::Task<SharedConfig> run(engine::Build build, LoadConfig key);

struct Package {
    Project project;
    Toml pyproject;
    std::vector<std::string> build_requires;  // [build-system] requires, as written
};
using SharedPackage = std::shared_ptr<const Package>;

// [project] with its version settled; Project errors name pyproject.toml's lines.
class LoadPackage {
   public:
    using Value = SharedPackage;
    static constexpr std::string_view k_name = "package";
    std::string text() const { return {}; }
    std::string describe() const { return "reading pyproject.toml"; }
};
engine::Task<SharedPackage> run(engine::Build build, LoadPackage key);

// [build-system] requires, as written; none where there is no Python package.
class FindBuildRequires {
   public:
    using Value = std::vector<std::string>;
    static constexpr std::string_view k_name = "build-requires";
    std::string text() const { return {}; }
};
engine::Task<std::vector<std::string>> run(engine::Build build, FindBuildRequires key);

enum class ModuleKind { Cython, C, Rust };

// One extension module to build.
struct ModuleTarget {
    std::string name;  // "rustybt.lib.rank"
    ModuleKind kind = ModuleKind::Cython;
    std::size_t table = 0;  // index of its table in Config
    std::string source;     // Cython: canonical path of the .pyx
    Where place;            // of its table
    bool operator==(const ModuleTarget& o) const { return name == o.name && kind == o.kind && source == o.source; }
};

struct Layout {
    Discovery discovery;
    std::vector<ModuleTarget> modules;  // sorted by name
};
using SharedLayout = std::shared_ptr<const Layout>;

// Which packages, files and modules there are. `when` markers are evaluated for the build's Python.
class FindLayout {
   public:
    using Value = SharedLayout;
    static constexpr std::string_view k_name = "layout";
    std::string text() const { return {}; }
    std::string describe() const { return "looking for packages and modules"; }
};
engine::Task<SharedLayout> run(engine::Build build, FindLayout key);

// "rustybt/lib/rank" + suffix for "rustybt.lib.rank".
std::string module_path(const std::string& module);

// Canonical paths of a table's C and C++ sources: paths, globs, or the #include lines of an amalgamation.
Result<std::vector<std::string>> expand_sources(SourceFiles& files, const options::Config& config,
                                                const options::SourceList& sources, const Where& place);

// Evaluates a `when` text: "" is true; a PEP 508 marker; or cfg(…) over os, arch and family of the target.
Result<bool> holds(const options::Config& config, const options::Text& when, const MarkerEnvironment& markers);

}  // namespace cermet::python
