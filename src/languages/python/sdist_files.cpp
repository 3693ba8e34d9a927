// Choosing an sdist's files.
// SPDX-License-Identifier: MIT
#include "languages/python/sdist_files.h"

#include <algorithm>
#include <set>

#include "base/gitignore.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/discovery.h"
#include "languages/python/package.h"
#include "languages/python/tags.h"

namespace cermet::python {
namespace sdist_files_detail {

std::string first_match(const std::vector<std::string>& patterns, const std::string& path) {
    for (const std::string& pattern : patterns) {
        if (glob_match(pattern, path) || is_within(path, pattern)) return pattern;
    }
    return {};
}

// What the tables say is read, whatever their conditions: another machine may fulfil them.
std::vector<std::string> sources_of(SourceFiles& files, const options::Config& config) {
    std::vector<std::string> found;
    auto add = [&](const std::string& pattern) {
        for (std::string& path : matching_files(files, config.directory, pattern)) found.push_back(std::move(path));
    };
    auto add_list = [&](const options::Sources& sources) {
        if (!sources->from.empty()) add(sources->from);
        for (const std::string& pattern : sources->list) add(pattern);
    };
    for (const options::CythonGroup& table : config.cython) {
        std::set<std::string> excluded;
        for (const std::string& pattern : *table.exclude) {
            for (const std::string& path : matching_files(files, config.directory, pattern)) excluded.insert(path);
        }
        for (const std::string& pattern : *table.modules) {
            for (const std::string& path : matching_files(files, config.directory, pattern)) {
                if (excluded.count(path) == 0) found.push_back(path);
            }
        }
        add_list(table.sources);
    }
    for (const options::CModule& table : config.c_modules) add_list(table.sources);
    for (const options::CLibrary& table : config.c_libraries) add_list(table.sources);
    for (const options::Executable& table : config.executables) add_list(table.sources);
    for (const options::Generate& table : config.generates) {
        for (const std::string& pattern : *table.inputs) add(pattern);
    }
    return found;
}

// Python files that the wheel ships; none where the packages cannot be told, which the wheel's build will say.
std::vector<std::string> shipped_files(SourceFiles& files, const options::Config& config, const std::string& name) {
    DiscoveryConfig wanted;
    wanted.root = config.directory;
    wanted.project_name = name;
    wanted.packages = *config.packages;
    wanted.include = *config.include;
    wanted.exclude = *config.exclude;
    std::vector<std::string> found;
    Result<Discovery> discovery = discover(files, wanted, nullptr);
    if (!discovery.ok()) return found;
    for (const ShippedFile& file : discovery->files) found.push_back(relative_to(file.source_path, config.directory));
    return found;
}

struct Walker {
    SourceFiles& files;
    GitIgnore& ignore;
    const options::Config& config;
    std::set<std::string> found;
    std::vector<std::string> native;

    void walk(const std::string& relative) {
        std::string directory = join_path(config.directory, relative);
        if (!relative.empty() && files.kind(join_path(directory, "CACHEDIR.TAG")) == SourceKind::File) return;
        for (const SourceEntry& entry : files.list(directory)) {
            std::string path = relative.empty() ? entry.name : relative + "/" + entry.name;
            bool is_directory = entry.kind == SourceKind::Directory;
            if (entry.name == ".git" || entry.name == ".hg" || entry.name == "__pycache__") continue;
            if (relative.empty() && is_directory && (entry.name == "dist" || entry.name == "build")) continue;
            if (ignore.ignored(join_path(config.directory, path), is_directory) ||
                !first_match(*config.sdist_exclude, path).empty())
                continue;
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

std::string left_out_by(const options::Config& config, const std::string& path) {
    std::string pattern = sdist_files_detail::first_match(*config.sdist_exclude, path);
    if (pattern.empty() || !sdist_files_detail::first_match(*config.sdist_include, path).empty()) return {};
    return pattern;
}

Status check_left_out(const options::Config& config, const std::vector<std::string>& needed) {
    std::set<std::string> made;  // by the build itself, so copies of it need not be there
    for (const options::CrateRule& rule : config.crates) made.insert(rule.outputs->begin(), rule.outputs->end());
    for (const options::Generate& table : config.generates) made.insert(table.outputs->begin(), table.outputs->end());
    for (const std::string& path : needed) {
        std::string pattern = left_out_by(config, path);
        if (pattern.empty() || made.count(path) != 0) continue;
        return project_error(cat("`sdist-exclude` leaves ", path, " out of the sdist, and the wheel is made of it"),
                             cat("narrow the pattern \"", pattern, "\", or put the file back with `sdist-include`"))
            .at(config.sdist_exclude.origin.where);
    }
    return {};
}

Result<SdistFiles> sdist_files(SourceFiles& files, const options::Config& config, const std::string& project_name) {
    if (!config.sdist_exclude->empty()) {
        TRY_VOID(check_left_out(config, sdist_files_detail::sources_of(files, config)));
        TRY_VOID(check_left_out(config, sdist_files_detail::shipped_files(files, config, project_name)));
    }
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
