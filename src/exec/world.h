// World: the present state of everything that leaves speak about.
// SPDX-License-Identifier: MIT
//
// A leaf holds when current(leaf) equals its value. Values: File "<hex>/<size>"; Absent "absent",
// or for a whole directory "in\n<name>\n<name>…" (none of these names is there); Listing digest
// text of sorted names and kinds, or "absent"; Env "=<value>" or "absent"; Place the rendered text;
// Fact "kind:<path>" -> "file" | "directory" | "absent" and "program:<name>" -> the real path found
// on the user's PATH, or "absent", "variables:<pattern> <pattern>…" -> the sorted names of the user's
// variables that fit a pattern, NAME or HEAD*, with spaces between. Answers about paths that steps do not write are remembered until
// forget(). Paths are canonical. Threads: any.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/source_files.h"
#include "exec/action.h"
#include "exec/places.h"
#include "store/store.h"

namespace cermet::exec {

inline constexpr std::string_view k_absent = "absent";
inline constexpr std::string_view k_absent_in = "in\n";

class World {
   public:
    World(store::Store& store, const Places& places, const std::map<std::string, std::string>& user)
        : store_(store), places_(places), user_(user) {}

    std::optional<Digest> digest(const std::string& path);  // of a file's bytes; nullopt when it is none
    std::string current(const Leaf& leaf);
    bool holds(const Leaf& leaf) { return current(leaf) == leaf.value; }
    SourceKind kind(const std::string& path) const;
    std::vector<SourceEntry> list(const std::string& path) const;
    static std::string listing_value(const std::vector<SourceEntry>& entries);
    static std::string listing_value_of(const std::string& host);  // "absent" where it is no directory
    static std::string program_path(const std::string& name, const std::map<std::string, std::string>& user);
    static std::vector<std::string> variables(std::string_view patterns,
                                              const std::map<std::string, std::string>& user);
    static std::string kind_text(SourceKind kind);
    static SourceKind kind_of(const std::string& host);
    void forget();
    void forget_below(const std::string& host_directory);
    void forget_file(const std::string& path);  // it was just written
    // Whether steps write there, so that an answer is only true for the moment.
    static bool changes_while_building(const std::string& path);

   private:
    using Names = std::unordered_set<std::string>;
    std::shared_ptr<const Names> names_in(const std::string& directory);
    std::string current_absence(const Leaf& leaf);

    store::Store& store_;
    const Places& places_;
    const std::map<std::string, std::string>& user_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::optional<Digest>> digests_;
    std::unordered_map<std::string, std::shared_ptr<const Names>> names_;
};

}  // namespace cermet::exec
