// SourceFiles: the helper that turns absence into an error, and the implementation in memory.
// SPDX-License-Identifier: MIT
#include "base/source_files.h"

#include "base/path.h"
#include "base/text.h"

namespace cermet {

Result<std::string> SourceFiles::need(const std::string& path) {
    std::optional<std::string> bytes = read(path);
    if (bytes) return std::move(*bytes);
    switch (kind(path)) {
        case SourceKind::Directory: return project_error(cat(path, " is a directory, a file is needed"));
        case SourceKind::File: return project_error(cat(path, " cannot be read"));
        case SourceKind::Absent: break;
    }
    return project_error(cat(path, " does not exist"));
}

namespace source_files_detail {

std::string below_path(const std::string& relative, const std::string& name) {
    return relative.empty() ? name : cat(relative, "/", name);
}

void walk(SourceFiles& files, const std::string& root, const std::string& relative, std::vector<std::string>& found) {
    for (const SourceEntry& entry : files.list(join_path(root, relative))) {
        if (entry.name == ".git" || entry.name == "__pycache__") continue;
        const std::string path = below_path(relative, entry.name);
        if (entry.kind == SourceKind::Directory) {
            walk(files, root, path, found);
        } else if (entry.kind == SourceKind::File) {
            found.push_back(path);
        }
    }
}

// The files that a glob can mean: one directory level for each of its parts, and everything below where `**` begins.
class Candidates {
   public:
    Candidates(SourceFiles& files, std::string root, const std::string& glob)
        : files_(files), root_(std::move(root)), parts_(split(glob, '/')) {}
    std::vector<std::string> take() {
        below("", 0);
        return std::move(found_);
    }

   private:
    void below(const std::string& relative, std::size_t part) {
        if (parts_[part] == "**") return walk(files_, root_, relative, found_);
        if (!has_glob(parts_[part])) {
            // What is listed next need not be there, and what lies above a place need not be a directory of this machine.
            const std::string path = below_path(relative, parts_[part]);
            const bool last = part + 1 == parts_.size();
            return step(path, last ? files_.kind(join_path(root_, path)) : SourceKind::Directory, part);
        }
        for (const SourceEntry& entry : files_.list(join_path(root_, relative))) {
            if (entry.name == ".git" || entry.name == "__pycache__") continue;
            if (glob_match(parts_[part], entry.name)) step(below_path(relative, entry.name), entry.kind, part);
        }
    }

    void step(const std::string& path, SourceKind kind, std::size_t part) {
        const bool last = part + 1 == parts_.size();
        if (last && kind == SourceKind::File) found_.push_back(path);
        if (!last && kind == SourceKind::Directory) below(path, part + 1);
    }

    SourceFiles& files_;
    std::string root_;
    std::vector<std::string> parts_;
    std::vector<std::string> found_;
};

}  // namespace source_files_detail

std::string searched_directory(const std::string& glob) {
    std::string prefix;
    if (!has_glob(glob)) return prefix;
    for (const std::string& part : split(glob, '/')) {
        if (has_glob(part)) break;
        prefix = prefix.empty() ? part : cat(prefix, "/", part);
    }
    return prefix;
}

std::vector<std::string> matching_files(SourceFiles& files, const std::string& root, const std::string& glob) {
    if (!has_glob(glob)) {
        if (files.kind(join_path(root, glob)) != SourceKind::File) return {};
        return {glob};
    }
    std::vector<std::string> matching;
    for (const std::string& path : source_files_detail::Candidates(files, root, glob).take()) {
        if (glob_match(glob, path)) matching.push_back(path);
    }
    return matching;
}

std::optional<std::string> MemoryFiles::read(const std::string& path) {
    const auto it = files.find(normalise(path));
    if (it == files.end()) return std::nullopt;
    return it->second;
}

SourceKind MemoryFiles::kind(const std::string& path) {
    const std::string wanted = normalise(path);
    if (files.count(wanted) > 0) return SourceKind::File;
    if (wanted == "/") return files.empty() ? SourceKind::Absent : SourceKind::Directory;
    const std::string prefix = cat(wanted, '/');
    const auto it = files.lower_bound(prefix);
    const bool below = it != files.end() && it->first.compare(0, prefix.size(), prefix) == 0;
    return below ? SourceKind::Directory : SourceKind::Absent;
}

std::vector<SourceEntry> MemoryFiles::list(const std::string& directory) {
    const std::string wanted = normalise(directory);
    const std::string prefix = wanted == "/" ? wanted : cat(wanted, '/');
    std::map<std::string, SourceKind> found;
    for (auto it = files.lower_bound(prefix); it != files.end(); ++it) {
        if (it->first.compare(0, prefix.size(), prefix) != 0) break;
        const std::string rest = it->first.substr(prefix.size());
        const std::size_t slash = rest.find('/');
        found.emplace(rest.substr(0, slash), slash == std::string::npos ? SourceKind::File : SourceKind::Directory);
    }
    std::vector<SourceEntry> out;
    for (const auto& [name, kind_found] : found) out.push_back({name, kind_found});
    return out;
}

std::optional<Digest> MemoryFiles::digest(const std::string& path) {
    const std::optional<std::string> bytes = read(path);
    if (!bytes) return std::nullopt;
    return digest_of(*bytes);
}

}  // namespace cermet
