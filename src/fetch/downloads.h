// Downloads: many files at once from http(s) and file URLs, each checked by its sha256 before anybody sees it.
// SPDX-License-Identifier: MIT
//
// One curl does them all, with the user's proxies, certificates and netrc; its instructions go through a private file, so
// tokens stand on no command line. What an interrupted run left (TARGET.part) is gone on from. A file whose bytes are
// not the wanted ones is removed. Thread-safe as far as no two calls name the same target.
// Failures: Environment (no curl, no network, a server's refusal), Project (a checksum differs).
// Source: curl(1), --config.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "fetch/network.h"

namespace cermet::fetch {

struct Download {
    std::string what;  // for people: "serde 1.0.228"
    std::string url;
    std::string target;         // real path
    std::string sha256;         // 64 hex; "" where nobody knows it (an index)
    std::string authorization;  // value of the header, "" for none
    std::uint64_t size_cap = std::uint64_t{512} << 20;
};

// Told as each file is there.
class DownloadListener {
   public:
    virtual ~DownloadListener() = default;
    virtual void arrived(const Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) = 0;
};

// All of them, or the first failure, with the names of all that failed.
Status download_all(NetworkHelper& network, const std::vector<Download>& downloads,
                    const std::string& scratch_directory, DownloadListener* listener = nullptr);

// --- parts, for tests ---
// curl's instructions for these downloads, in its configuration language.
std::string curl_config(const std::vector<Download>& downloads);
// A line that curl prints after each transfer: number, exit code, HTTP status, bytes, message.
struct Transfer {
    std::size_t index = 0;
    int exit_code = 0;
    int status = 0;
    std::uint64_t bytes = 0;
    std::string message;
};
std::optional<Transfer> parse_transfer(std::string_view line);

}  // namespace cermet::fetch
