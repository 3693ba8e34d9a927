// SharedLibraries: libraries that a wheel carries once for all of its modules: their names, their place, the way to them.
// SPDX-License-Identifier: MIT
//
// A shared library of a project lies in one hidden directory of its first package ("pkg/.libs"), which no import and no
// discovery looks into; whoever links it finds it from $ORIGIN, in an installed wheel and in a checkout alike. Its file
// name and SONAME end with the distribution's name: a process may load libraries of several wheels, and the dynamic
// linker takes two of one SONAME for the same. Source: ld.so(8), PEP 491.
#pragma once
#include <string>
#include <vector>

#include "base/source_files.h"
#include "engine/build.h"
#include "exec/action.h"
#include "languages/c/c.h"
#include "options/config.h"

namespace cermet::python {

// "libtree_spring.so" of the library "tree" and the distribution "spring"; "libtree.so" without one.
std::string shared_library_stem(std::string_view library, std::string_view distribution);  // "tree_spring"
std::string shared_library_file(std::string_view library, std::string_view distribution);

// [project] name of the configuration's directory; "" where there is no Python package.
Result<std::string> distribution_name(SourceFiles& files, const options::Config& config);

struct BuiltLibrary {
    std::string name;        // "c:tree", "rust:core"
    std::string wheel_path;  // "spring/.libs/libtree_spring.so"
    exec::Input file;
    bool operator==(const BuiltLibrary&) const = default;
};

// Every shared library of the project whose `when` holds: what a wheel carries and `develop` puts into the tree.
class BuildLibraries {
   public:
    using Value = std::vector<BuiltLibrary>;
    static constexpr std::string_view k_name = "shared-libraries";
    std::string text() const { return {}; }
};
engine::Task<std::vector<BuiltLibrary>> run(engine::Build build, BuildLibraries key);

// The run paths of a file that links such libraries. `directory`: where a module lies in the wheel, "" at its root; of an
// installed command "bin".
class RunPaths {
   public:
    using Value = std::vector<std::string>;
    static constexpr std::string_view k_name = "run-paths";
    RunPaths(c::LinkKind kind, std::string directory) : kind_(kind), directory_(std::move(directory)) {}
    std::string text() const;
    c::LinkKind kind() const { return kind_; }
    const std::string& directory() const { return directory_; }

   private:
    c::LinkKind kind_;
    std::string directory_;
};
engine::Task<std::vector<std::string>> run(engine::Build build, RunPaths key);

}  // namespace cermet::python
