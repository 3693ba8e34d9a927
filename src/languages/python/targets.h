// Targets: what `cermet build TARGET…` names, each built and told as files, headers and flags for whoever uses it.
// SPDX-License-Identifier: MIT
//
// "kit._tree" a module, "c:tree" and "rust:core" libraries, "tool:depth" a program, "generate:primes" its files,
// "sys:zlib" and "py:numpy" what others provide. A bare name may also be one of a table. Paths are canonical but for
// TargetFile::path, which is where the file goes below a directory of the user's.
#pragma once
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"

namespace cermet::python {

enum class TargetRole { Archive, SharedLibrary, Program, Module, File };
std::string_view role_text(TargetRole role);  // "archive", "shared-library", "program", "module", "file"
TargetRole role_of_text(std::string_view text);

struct TargetFile {
    TargetRole role = TargetRole::File;
    std::string path;  // relative
    exec::Input file;
    bool operator==(const TargetFile&) const = default;
};

struct BuiltTarget {
    std::string name;
    std::vector<TargetFile> files;  // a library's archives in the order in which they are linked
    std::vector<std::string> include_dirs, compile_flags, link_flags;  // for who uses a library
    bool cxx = false;                                                  // linking it needs the runtime of C++
    bool operator==(const BuiltTarget&) const = default;
};

class BuildTarget {
   public:
    using Value = BuiltTarget;
    static constexpr std::string_view k_name = "target";
    explicit BuildTarget(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<BuiltTarget> run(engine::Build build, BuildTarget key);

// Several at once. Of no names: every library, program and module of a project that is no Python package.
class BuildTargets {
   public:
    using Value = std::vector<BuiltTarget>;
    static constexpr std::string_view k_name = "targets";
    explicit BuildTargets(std::vector<std::string> names) : names_(std::move(names)) {}
    std::string text() const;
    const std::vector<std::string>& names() const { return names_; }

   private:
    std::vector<std::string> names_;
};
engine::Task<std::vector<BuiltTarget>> run(engine::Build build, BuildTargets key);

}  // namespace cermet::python
