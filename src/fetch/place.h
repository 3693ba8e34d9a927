// Place: one immutable directory of the cache with its mark; the part that every kind of package shares.
// SPDX-License-Identifier: MIT
//
// It knows no crates and no distributions. A Filler writes the files into an empty directory; everything else - locking,
// mark, modes, times, checking what is there, renaming into place - is done here. See packages.h for the layout.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "fetch/tree_digest.h"
#include "store/store.h"

namespace cermet::fetch {

// What a finished place holds; its mark, decoded.
struct PlaceMark {
    std::string source;  // what it was made from, as text; compared on reuse
    Tree tree;
    Digest digest;  // tree.digest()
};
std::string encode_mark(const PlaceMark& mark);
std::optional<PlaceMark> decode_mark(std::string_view bytes);  // untrusted; nullopt when damaged

class PlaceFiller {
   public:
    virtual ~PlaceFiller() = default;
    // Fills the empty directory and answers what it wrote, sorted. Modes and times are set afterwards.
    virtual Result<Tree> fill(const std::string& directory) = 0;
};

// The place `name` made from `source`: as it is, or made now. Also tells eviction that it is used.
Result<PlaceMark> make_place(store::Store& store, const std::string& name, const std::string& source,
                             PlaceFiller& filler);

// nullopt: absent, made from something else, or damaged (one stat per file, one listing per directory).
std::optional<PlaceMark> find_place(store::Store& store, const std::string& name, const std::string& source);
bool place_is_whole(const std::string& directory, const Tree& tree);
// By reading every byte.
bool place_is_right(store::Store& store, const std::string& directory, const PlaceMark& mark);
void discard_place(store::Store& store, const std::string& name);

}  // namespace cermet::fetch
