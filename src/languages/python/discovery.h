// Discovery: which Python packages and modules of a source tree belong to the project, and which of their files ship.
// SPDX-License-Identifier: MIT
//
// Reads the tree only through SourceFiles. Never guesses: with no `packages` given there must be exactly one package or
// module whose name is the project's, in the root or in src/; otherwise the error lists the candidates. Ships .py, .pyi,
// py.typed and what `include` names, without `exclude`; native files (*.so, *.pyd, *.dylib, *.dll) lying in the tree are
// never shipped: they are collected for one notice. Paths are relative to the project unless said.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/gitignore.h"
#include "base/result.h"
#include "base/source_files.h"

namespace cermet::python {

struct DiscoveryConfig {
    std::string root;  // canonical directory of the project
    std::string project_name;
    // "rustybt", "src/rustybt", "lib/tool.py", or with the import root told apart: "python:google/cloud/x". Without the
    // colon the root is package_dir, where given; else src, where only that holds the path; else the longest prefix that
    // leaves the project's name, else the directory above the outermost __init__.py. Empty and not given: find the one.
    std::vector<std::string> packages;
    std::string package_dir;           // the directory that holds all packages; "": the project's, or src
    bool packages_given = false;       // true with an empty list: no Python files at all
    std::vector<std::string> include;  // globs below the project, relative to it ("**/*.pyx") or to the source root
    std::vector<std::string> exclude;
    std::vector<std::string> produced;     // wheel paths of files that the build makes (modules): for the checks
    std::string shown = "pyproject.toml";  // for errors
    int packages_line = 0;
};

struct ShippedFile {
    std::string wheel_path;   // rustybt/lib/a.py
    std::string source_path;  // canonical: root/src/rustybt/lib/a.py
    bool executable = false;
};

struct Discovery {
    std::vector<std::string> packages;         // directories or modules, relative to root: "src/rustybt", "tool.py"
    std::string source_root;                   // "" or "src": what an editable install puts on the path (of the first)
    std::vector<std::string> source_roots;     // all of them, sorted
    std::vector<ShippedFile> files;            // sorted by wheel_path
    std::vector<std::string> stale_native;     // native files not shipped, relative to root, sorted
    std::vector<std::string> shadowed;         // shipped m.py beside a built m.so, which Python imports instead
    std::vector<std::string> ignored_sources;  // shipped although git ignores them: "needed but git-ignored"
};

// `ignore` may be null (no repository): then ignored_sources is empty.
Result<Discovery> discover(SourceFiles& files, const DiscoveryConfig& config, GitIgnore* ignore = nullptr);

// Where a file of the tree lands in the wheel, by the discovered source roots ("src/pkg/a.pyx" -> "pkg/a.pyx").
std::string wheel_path_of(const Discovery& discovery, std::string_view path);
// "rustybt.lib.rank" for rustybt/lib/rank.pyx; "rustybt.lib" for rustybt/lib/__init__.py.
std::string module_name_of(const Discovery& discovery, std::string_view path);

}  // namespace cermet::python
