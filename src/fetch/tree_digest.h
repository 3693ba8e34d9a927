// Tree digests: the identity of a directory with everything below it, as REAPI's Merkle tree of Directory messages.
// SPDX-License-Identifier: MIT
//
// A Tree is a sorted list of files and links; it knows no file system. Its digest is that of the root Directory message in
// canonical form: Directory{files=1, directories=2, symlinks=3}, FileNode{name=1, digest=2, is_executable=4},
// DirectoryNode{name=1, digest=2}, SymlinkNode{name=1, target=2}. Empty directories, times and other modes do not count.
// scan_tree() reads a real directory through the store's stat cache. Values; thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "store/store.h"

namespace cermet::fetch {

struct TreeFile {
    std::string path;  // relative, normalised, "/" between segments
    Digest digest;
    bool executable = false;
    // non-empty: a symbolic link to this text; digest and executable are unused then
    std::string link;
    bool operator==(const TreeFile&) const = default;
};

struct Tree {
    std::vector<TreeFile> files;  // sorted by path after sort()
    void sort();
    Digest digest() const;  // of the sorted tree
    std::uint64_t bytes() const;
};

// Decides what of a directory belongs to its tree. `path` is relative.
class TreeFilter {
   public:
    virtual ~TreeFilter() = default;
    virtual bool wants(std::string_view path, bool directory) const = 0;
};

// Links that leave the directory, devices and sockets are left out. Project error for names that are not UTF-8.
Result<Tree> scan_tree(store::Store& store, const std::string& directory, const TreeFilter* filter = nullptr);

// True when `target`, found in a link at `path`, stays below the tree's root.
bool link_stays_inside(std::string_view path, std::string_view target);

}  // namespace cermet::fetch
