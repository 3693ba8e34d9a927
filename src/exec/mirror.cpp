// Mirrors of checkout directories.
// SPDX-License-Identifier: MIT
#include "exec/mirror.h"

#include <map>

#include "base/path.h"
#include "base/text.h"
#include "exec/sandbox.h"
#include "platform/os.h"

namespace cermet::exec {

namespace mirror_detail {

// A link at `path` to `target`, replacing what stands there unless it is that link already.
Status link_to(const std::string& target, const std::string& path) {
    const platform::FileInfo info = platform::stat_file(path, platform::FollowLinks::No);
    if (info.kind == platform::FileKind::Symlink) {
        Result<std::string> now = platform::read_link(path);
        if (now.ok() && *now == target) return {};
    }
    if (info.kind == platform::FileKind::Directory) {
        TRY_VOID(platform::remove_tree(path));
    } else if (info.kind != platform::FileKind::Absent) {
        TRY_VOID(platform::remove_file(path));
    }
    return platform::make_symlink(target, path);
}

// Makes `path` a real directory: a link that stood for one is replaced.
Status real_directory(const std::string& path) {
    const platform::FileInfo info = platform::stat_file(path, platform::FollowLinks::No);
    if (info.kind == platform::FileKind::Directory) return {};
    if (info.kind != platform::FileKind::Absent) TRY_VOID(platform::remove_file(path));
    return platform::make_directories(path);
}

// Real directories from `top` (which exists) down to `relative`.
Status real_directories(const std::string& top, const std::string& relative) {
    std::string path = top;
    for (const std::string& part : split(relative, '/')) {
        if (part.empty()) continue;
        path += "/" + part;
        TRY_VOID(real_directory(path));
    }
    return {};
}

}  // namespace mirror_detail

bool Mirror::is_output(const std::string& canonical) const {
    std::lock_guard lock(mutex_);
    return outputs_.count(canonical) > 0;
}

bool Mirror::active() const {
    std::lock_guard lock(mutex_);
    return !directories_.empty();
}

std::vector<std::string> Mirror::writable() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> directories;
    for (const std::string& relative : directories_) directories.push_back(join_path(k_ws, relative));
    return directories;
}

// Links for everything the checkout has in this directory now; outputs stay what steps made them,
// or start as copies.
Status Mirror::fill_directory(const std::string& relative) {
    using namespace mirror_detail;
    const std::string from = join_path(checkout_, relative);
    const std::string to = join_path(mirror_root(), relative);
    TRY_VOID(platform::make_directories(mirror_root()));
    TRY_VOID(real_directories(mirror_root(), relative));
    std::map<std::string, platform::FileKind> wanted;
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(from);
    if (entries.ok()) {
        for (const platform::DirectoryEntry& entry : *entries) {
            if (entry.name != ".git") wanted.emplace(entry.name, entry.kind);
        }
    }
    auto is_mirrored = [&](const std::string& path) {
        for (const std::string& other : directories_) {
            if (is_within(other, path)) return true;
        }
        return false;
    };
    for (const auto& [name, kind] : wanted) {
        const std::string path = relative.empty() ? name : cat(relative, "/", name);
        const std::string target = cat(to, "/", name);
        if (outputs_.count(cat(k_ws, "/", path)) > 0) {
            if (platform::stat_file(target, platform::FollowLinks::No).kind == platform::FileKind::File) continue;
            TRY_VOID(platform::remove_file(target));
            TRY_VOID(platform::copy_file(cat(from, "/", name), target, 0644));
        } else if (!is_mirrored(path)) {
            TRY_VOID(link_to(cat(from, "/", name), target));
        }
    }
    TRY(present, platform::list_directory(to));
    for (const platform::DirectoryEntry& entry : present) {  // what the checkout no longer has
        const std::string path = relative.empty() ? entry.name : cat(relative, "/", entry.name);
        if (wanted.count(entry.name) > 0 || outputs_.count(cat(k_ws, "/", path)) > 0 || is_mirrored(path)) continue;
        TRY_VOID(platform::remove_tree(cat(to, "/", entry.name)));
    }
    return {};
}

// Plain mode: everything else of the checkout, as real directories with links to files.
Status Mirror::make_farm(const std::vector<std::string>& files) {
    using namespace mirror_detail;
    std::set<std::string> made;
    for (const std::string& file : files) {
        const std::string directory(parent(file));
        if (directories_.count(directory) > 0) continue;  // filled from the checkout's own listing
        if (made.insert(directory).second) TRY_VOID(real_directories(mirror_root(), directory));
        TRY_VOID(link_to(join_path(checkout_, file), join_path(mirror_root(), file)));
    }
    return {};
}

Status Mirror::declare(const std::vector<std::string>& outputs, const std::vector<std::string>& files) {
    std::lock_guard lock(mutex_);
    for (const std::string& output : outputs) {
        if (!is_within(output, k_ws) || output == k_ws) {
            return project_error(cat("the declared output ", output, " is not inside the checkout"));
        }
        outputs_.insert(output);
        directories_.insert(parent(output) == k_ws ? std::string() : relative_to(parent(output), k_ws));
    }
    if (directories_.empty()) return {};
    const bool plain = places_.mode == RootMode::Plain;
    TRY_VOID(platform::make_directories(mirror_root()));
    if (plain) TRY_VOID(make_farm(files));
    for (const std::string& relative : directories_) TRY_VOID(fill_directory(relative));
    if (plain) {
        places_.add(std::string(k_ws), mirror_root());
        return {};
    }
    for (const std::string& relative : directories_) {
        if (!bound_.insert(relative).second) continue;
        const std::string canonical = join_path(k_ws, relative);
        const std::string real = join_path(mirror_root(), relative);
        if (!platform::is_directory(canonical)) {
            return project_error(cat("the directory ", canonical, " of a declared output does not exist"),
                                 "create it in the checkout: a mirror can only stand over a directory");
        }
        TRY_VOID(bind_place(canonical, real));
        places_.add(canonical, real);
    }
    return {};
}

}  // namespace cermet::exec
