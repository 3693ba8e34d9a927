// Ledger: the list of every external byte that a build used: what it is, where it came from, its sha256 and size.
// SPDX-License-Identifier: MIT
//
// Written by whoever imports a package or downloads a file, read by `audit` and for the software bill of materials. Each
// thing is listed once; the order is by kind, name, version. Thread-safe.
#pragma once
#include <compare>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cermet::fetch {

struct ExternalBytes {
    std::string kind;  // "crate", "directory", "python", "download", "tool"
    std::string name;
    std::string version;  // may be empty
    // "registry+https://…", a URL, or a path relative to nothing of this machine where possible
    std::string source;
    std::string sha256;  // 64 hex: of the archive, or of the tree where there was none
    std::uint64_t size = 0;
    auto operator<=>(const ExternalBytes&) const = default;
};

class Ledger {
   public:
    void add(const ExternalBytes& bytes);
    std::vector<ExternalBytes> all() const;
    Json json() const;  // {"version": 1, "external": [...]}
    std::string dump() const { return json().dump(2) + "\n"; }
    // Adds what an earlier run wrote; Project error when it is not a ledger.
    Status read(std::string_view bytes, std::string_view name);

   private:
    mutable std::mutex mutex_;
    std::set<ExternalBytes> entries_;
};

}  // namespace cermet::fetch
