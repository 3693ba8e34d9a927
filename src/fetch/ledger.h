// Ledger: the list of every external byte that a build would use: what, whose license, who asks and why, from where.
// SPDX-License-Identifier: MIT
//
// Filled by those who know a kind of source, without fetching anything; shown by `cermet audit`. What cannot be known
// without fetching stays unknown. Each thing is listed once, with everybody who asks for it; the order is by kind, name,
// version. A plain value, not thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cermet::fetch {

// Where a thing would come from now.
enum class Origin {
    Cache,        // Cermet's own
    CargoHome,    // what cargo downloaded before
    Vendored,     // a directory of the project's that stands in a source's place
    LocalFile,    // a file, local registry or repository that the user names
    Environment,  // installed in the build environment
    Network,      // where it was declared
    Mirror,       // where the user's configuration leads instead
    Nowhere,      // neither here nor to be fetched
};
std::string_view origin_name(Origin origin);  // "cache", …
inline bool needs_network(Origin origin) { return origin == Origin::Network || origin == Origin::Mirror; }

struct Asker {
    Where place;                   // "Cargo.lock:12", the line of a table
    std::vector<std::string> why;  // "app 0.1.0", "serde 1.0.228": who needs what, the asked thing last
};

struct ExternalBytes {
    std::string kind;  // "crate", "git", "python", "download"
    std::string name;
    std::string version;
    std::string source;                 // as who asks names it: "registry+https://…", "git+https://…#rev", a URL
    std::string url;                    // what would be asked of the network; "" = unknown
    std::string index;                  // of what has to be fetched: the registry's own list, which is asked first
    std::string digest;                 // "sha256:…", "git:…", "tree:…"; "" = unknown
    std::optional<std::uint64_t> size;  // of the file that travels; where it is installed, of its files
    std::string license;                // as it says itself, SPDX where that is its rule; "" = unknown
    Origin origin = Origin::Network;
    std::string from;    // a real path, or the URL
    std::string reason;  // Nowhere: what was looked for
    std::vector<Asker> asked;

    std::string text() const;  // "serde 1.0.228"
};

class Ledger {
   public:
    // Something that is there already only gets its askers.
    void add(ExternalBytes bytes);
    std::vector<ExternalBytes> all() const;
    std::vector<ExternalBytes> missing() const;  // what is not on this machine
    Json json() const;                           // the list of external things

   private:
    std::map<std::string, ExternalBytes> entries_;
};

// "not on this machine: a 1.0.0, b 2.0.0": all of them, because who fetches them wants to do it once.
Error missing_error(const std::vector<std::string>& names, const std::string& why, std::string hint);

}  // namespace cermet::fetch
