// GitIgnore: which files of a checkout git ignores: patterns as gitignore(5) says, read through SourceFiles.
// SPDX-License-Identifier: MIT
//
// Does not know the index (a tracked file may match a pattern; git then still tracks it), nor core.excludesFile of the
// user, which must not decide what a distribution holds. Reads .gitignore of every directory from the repository's root
// down, lazily, and .git/info/exclude. `root` without .git: only the .gitignore files from `root` down count.
// Source: gitignore(5); git's wildmatch. Threads: one object, one thread (it memoises).
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_files.h"

namespace cermet {

// One line of a .gitignore.
struct IgnorePattern {
    std::string glob;  // without the leading and trailing slash
    bool negated = false;
    bool directory_only = false;
    bool anchored = false;  // holds a slash before its end: matched against the whole path below its directory
    std::string source;     // file the line stands in
    int line = 0;
};

std::vector<IgnorePattern> parse_gitignore(std::string_view bytes, std::string_view source);
// git's wildmatch with WM_PATHNAME: `*` and `?` stop at slashes, `**` as a whole segment crosses them, classes, backslash.
bool wildmatch(std::string_view pattern, std::string_view text);

// The repository's root (the nearest directory at or above `directory` that holds .git), or "" when there is none.
std::string find_git_root(SourceFiles& files, const std::string& directory);

class GitIgnore {
   public:
    GitIgnore(SourceFiles& files, std::string root);
    // `path` is at or below root. A path below an ignored directory is ignored. Returns the deciding pattern or nullptr.
    const IgnorePattern* why(const std::string& path, bool is_directory);
    bool ignored(const std::string& path, bool is_directory) { return why(path, is_directory) != nullptr; }
    // Every file below `directory` (relative to it, sorted) that is not ignored; `.git` is never listed.
    std::vector<std::string> list(const std::string& directory);

   private:
    const std::vector<IgnorePattern>& patterns_of(const std::string& directory);
    const IgnorePattern* match_one(const std::string& path, bool is_directory);
    void list_into(const std::string& directory, const std::string& prefix, std::vector<std::string>& out);

    SourceFiles& files_;
    std::string root_;
    std::vector<IgnorePattern> exclude_;
    std::map<std::string, std::vector<IgnorePattern>> patterns_;
    std::map<std::string, const IgnorePattern*> decided_directories_;
};

}  // namespace cermet
