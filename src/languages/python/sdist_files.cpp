// Choosing an sdist's files.
// SPDX-License-Identifier: MIT
#include "languages/python/sdist_files.h"

#include <algorithm>
#include <set>

#include "base/gitignore.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/package.h"
#include "languages/python/tags.h"

namespace cermet::python {
namespace sdist_files_detail {

struct Walker {
    SourceFiles& files;
    GitIgnore& ignore;
    const options::Config& config;
    std::set<std::string> found;
    std::vector<std::string> native;

    bool left_out(const std::string& path) const {
        return std::any_of(config.sdist_exclude->begin(), config.sdist_exclude->end(), [&](const std::string& pattern) {
            return glob_match(pattern, path) || is_within(path, pattern);
        });
    }

    void walk(const std::string& relative) {
        std::string directory = join_path(config.directory, relative);
        if (!relative.empty() && files.kind(join_path(directory, "CACHEDIR.TAG")) == SourceKind::File) return;
        for (const SourceEntry& entry : files.list(directory)) {
            std::string path = relative.empty() ? entry.name : relative + "/" + entry.name;
            bool is_directory = entry.kind == SourceKind::Directory;
            if (entry.name == ".git" || entry.name == ".hg" || entry.name == "__pycache__") continue;
            if (relative.empty() && is_directory && (entry.name == "dist" || entry.name == "build")) continue;
            if (ignore.ignored(join_path(config.directory, path), is_directory) || left_out(path)) continue;
            if (is_directory) {
                if (files.kind(join_path(config.directory, path + "/pyvenv.cfg")) == SourceKind::File) continue;
                walk(path);
            } else if (entry.kind == SourceKind::File) {
                if (is_native_file(entry.name)) {
                    native.push_back(path);
                } else {
                    found.insert(path);
                }
            }
        }
    }
};

}  // namespace sdist_files_detail

Result<SdistFiles> sdist_files(SourceFiles& files, const options::Config& config, const std::string&) {
    std::string root = find_git_root(files, config.directory);
    GitIgnore ignore(files, root.empty() ? config.directory : root);
    sdist_files_detail::Walker walker{files, ignore, config, {}, {}};
    walker.walk("");
    for (const std::string& pattern : *config.sdist_include) {
        std::vector<std::string> matching = matching_files(files, config.directory, pattern);
        if (matching.empty()) {
            return project_error(cat("sdist-include matches nothing: ", pattern)).at(config.sdist_include.origin.where);
        }
        walker.found.insert(matching.begin(), matching.end());
    }
    SdistFiles chosen;
    chosen.files.assign(walker.found.begin(), walker.found.end());
    if (!walker.native.empty()) {
        chosen.notices.push_back(cat("left out ", walker.native.size(), " native file(s) lying in the tree: ",
                                     walker.native[0], walker.native.size() > 1 ? " …" : ""));
    }
    return chosen;
}

}  // namespace cermet::python
