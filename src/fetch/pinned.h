// Pinned files: single files known by URL and sha256, in immutable places of the cache, and where one would come from.
// SPDX-License-Identifier: MIT
//
// A pinned file lies at <cache>/pkg/download-<its name>-<8 hex>/<its name>; what is unpacked of it lies beside that. Nobody
// sees bytes that have another sha256, wherever they come from: the network, a mirror, or a file of the user's.
// Failures: Project (a checksum or size differs, an archive is bad), Environment (no network, disk full). Threads: any.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "fetch/downloads.h"
#include "fetch/tree_digest.h"
#include "store/store.h"

namespace cermet::fetch {

struct PinnedFile {
    std::string url;                // as declared; mirrors are the policy's business
    std::string sha256;             // 64 hex, small letters
    std::uint64_t size = 0;         // in bytes; 0: not said
    std::string name;               // for people: "the download rates"; "" = the URL
    Where place;                    // where it was declared
    std::string file_name() const;  // of the URL's path, safe as a name
    std::string shown() const { return name.empty() ? url : name; }
    bool operator==(const PinnedFile& o) const { return url == o.url && sha256 == o.sha256 && size == o.size; }
};
// Project error: the URL is none that is fetched, or the sha256 is none.
Status check_pinned(const PinnedFile& file);

// What the user puts in the place of the network.
struct DownloadPolicy {
    std::map<std::string, std::string> mirrors;  // how a URL begins -> what stands there instead; the longest counts
    std::map<std::string, std::string> local;    // sha256 -> real path of a file
    std::string directory;                       // real: files as `cermet vendor` names them; "" = none
    std::string offline;                         // why the network may not be used; "" = it may
};
std::string mirrored_url(const DownloadPolicy& policy, const std::string& url);
std::string vendored_name(const PinnedFile& file);  // "<16 hex>-<file name>"

// Where a pinned file would come from now; nothing is fetched or hashed.
struct FileSource {
    enum class Kind { Cache, Local, Vendored, Network } kind = Kind::Network;
    std::string from;  // a real path, or the URL after mirrors
    bool mirrored = false;
};
FileSource source_of(store::Store& store, const DownloadPolicy& policy, const PinnedFile& file);

struct PlacedFile {
    std::string path;  // canonical
    std::string host;
    Digest digest;
    bool operator==(const PlacedFile& o) const { return path == o.path && digest == o.digest; }
};
std::optional<PlacedFile> find_pinned(store::Store& store, const PinnedFile& file);
// Takes or copies a file of these bytes; Project error where they are others.
enum class Import { Copy, Take };
Result<PlacedFile> import_pinned(store::Store& store, const PinnedFile& file, const std::string& host_path, Import how);

struct PlacedTree {
    std::string path;  // canonical
    std::string host;
    Digest digest;
    bool operator==(const PlacedTree& o) const { return path == o.path && digest == o.digest; }
};
// What an archive (.tar.gz, .tgz, .zip, .whl, .crate) holds below `directory` ("." = all of it). Of more than `largest`
// bytes in all it is refused, before they are in memory.
inline constexpr std::uint64_t k_largest_tree = std::uint64_t{2} << 30;
Result<PlacedTree> unpack_pinned(store::Store& store, const PinnedFile& file, const std::string& directory,
                                 std::uint64_t largest = k_largest_tree);

// The instructions for the network; the target lies in <cache>/downloads.
Download download_of(const store::Store& store, const DownloadPolicy& policy, const PinnedFile& file);

}  // namespace cermet::fetch
