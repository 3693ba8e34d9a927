// Tree digests: see tree_digest.h.
// SPDX-License-Identifier: MIT
#include "fetch/tree_digest.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::fetch {

namespace tree_digest_detail {

struct Children {
    std::map<std::string_view, const TreeFile*> files;
    std::map<std::string_view, Digest> directories;
    std::map<std::string_view, const TreeFile*> links;
};

std::string encode(const Children& children) {
    ProtoWriter directory;
    for (const auto& [name, file] : children.files) {
        ProtoWriter node;
        node.bytes_field(1, name);
        node.digest_field(2, file->digest);
        node.varint_field(4, file->executable ? 1 : 0);
        directory.message_field(1, node.bytes());
    }
    for (const auto& [name, digest] : children.directories) {
        ProtoWriter node;
        node.bytes_field(1, name);
        node.digest_field(2, digest);
        directory.message_field(2, node.bytes());
    }
    for (const auto& [name, link] : children.links) {
        ProtoWriter node;
        node.bytes_field(1, name);
        node.bytes_field(2, link->link);
        directory.message_field(3, node.bytes());
    }
    return directory.take();
}

using Iterator = std::vector<const TreeFile*>::const_iterator;

// The files [begin, end) lie below one directory whose path is their first `prefix` bytes.
Digest digest_range(Iterator begin, Iterator end, std::size_t prefix) {
    Children children;
    while (begin != end) {
        const std::string_view rest = std::string_view((*begin)->path).substr(prefix);
        const std::size_t slash = rest.find('/');
        if (slash == std::string_view::npos) {
            ((*begin)->link.empty() ? children.files : children.links)[rest] = *begin;
            ++begin;
            continue;
        }
        const std::string_view name = rest.substr(0, slash);
        Iterator last = begin;
        while (last != end && std::string_view((*last)->path).substr(prefix, slash + 1) == rest.substr(0, slash + 1))
            ++last;
        children.directories[name] = digest_range(begin, last, prefix + slash + 1);
        begin = last;
    }
    return digest_of(encode(children));
}

}  // namespace tree_digest_detail

void Tree::sort() {
    std::sort(files.begin(), files.end(), [](const TreeFile& a, const TreeFile& b) { return a.path < b.path; });
}

Digest Tree::digest() const {
    std::vector<const TreeFile*> sorted;
    for (const TreeFile& file : files) sorted.push_back(&file);
    return tree_digest_detail::digest_range(sorted.begin(), sorted.end(), 0);
}

std::uint64_t Tree::bytes() const {
    std::uint64_t sum = 0;
    for (const TreeFile& file : files) sum += file.link.empty() ? file.digest.size : 0;
    return sum;
}

bool link_stays_inside(std::string_view path, std::string_view target) {
    if (target.empty() || is_absolute(target)) return false;
    // Counted by hand: normalise() would swallow a ".." at the root.
    int depth = 0;
    for (const std::string& part : split(path, '/')) depth += part.empty() ? 0 : 1;
    --depth;  // the link's own name
    for (const std::string& part : split(target, '/')) {
        if (part.empty() || part == ".") continue;
        depth += part == ".." ? -1 : 1;
        if (depth < 0) return false;
    }
    return true;
}

Result<Tree> scan_tree(store::Store& store, const std::string& directory, const TreeFilter* filter) {
    Tree tree;
    std::vector<std::string> open = {""};
    while (!open.empty()) {
        const std::string relative = std::move(open.back());
        open.pop_back();
        TRY(entries, platform::list_directory(relative.empty() ? directory : cat(directory, "/", relative)));
        for (const platform::DirectoryEntry& entry : entries) {
            std::string path = relative.empty() ? entry.name : cat(relative, "/", entry.name);
            const bool is_directory = entry.kind == platform::FileKind::Directory;
            if (filter != nullptr && !filter->wants(path, is_directory)) continue;
            const std::string host = cat(directory, "/", path);
            if (is_directory) {
                open.push_back(std::move(path));
                continue;
            }
            TreeFile file;
            if (entry.kind == platform::FileKind::Symlink) {
                TRY(target, platform::read_link(host));
                if (!link_stays_inside(path, target)) continue;
                file.link = target;
            } else if (entry.kind == platform::FileKind::File) {
                TRY(digest, store.file_digest(host));
                file.digest = digest;
                file.executable = (platform::stat_file(host).mode & 0100) != 0;
            } else {
                continue;
            }
            file.path = std::move(path);
            tree.files.push_back(std::move(file));
        }
    }
    tree.sort();
    return tree;
}

}  // namespace cermet::fetch
