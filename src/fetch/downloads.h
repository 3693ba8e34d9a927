// Downloads: many files at once from http(s) and file URLs, each checked by its sha256 before anybody sees it.
// SPDX-License-Identifier: MIT
//
// One curl does them all, with the user's proxies, certificates and netrc; its instructions go through a private file, so
// tokens stand on no command line. What failed for a reason that may pass (a busy server, a cut connection) is asked for
// again after a pause, as often as cargo would, and goes on from the bytes that are there (TARGET.part), also those of an
// interrupted run. A file whose bytes are not the wanted ones is removed. Thread-safe as far as no two calls name the same
// target. A server may lead elsewhere: to any host where the checksum is known, and that is told; else only on its own host.
// Failures: Environment (no curl, no network, a server's refusal, no space, a redirect), Project (a checksum differs).
// Source: curl(1), --config; cargo book "Configuration", [http] and [net]; RFC 9110 "Retry-After".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fetch/network.h"

namespace cermet::fetch {

// ByTag: what is at the target already stays, when the server says by its ETag (kept in TARGET.etag) that it is new enough.
enum class Freshness { Always, ByTag };

struct Download {
    std::string what;  // for people: "serde 1.0.228"
    std::string url;
    std::string target;         // real path
    std::string sha256;         // 64 hex; "" where nobody knows it (an index)
    std::string authorization;  // value of the header, "" for none
    std::string refused_hint;   // what to do where the server wants to know who asks; "" = of any server
    std::uint64_t size_cap = std::uint64_t{512} << 20;
    Freshness freshness = Freshness::Always;
};

// Told as each file is there, and when something has to be asked for again.
class DownloadListener {
   public:
    virtual ~DownloadListener() = default;
    virtual void arrived(const Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) = 0;
    virtual void again(const Download& download, const std::string& reason) = 0;
    // It came from another host than its URL names.
    virtual void redirected(const Download& download, const std::string& host) {
        (void)download;
        (void)host;
    }
};

// What cargo's configuration says of transfers.
struct TransferSettings {
    std::string scratch_directory;  // for curl's instructions: private to the user
    std::string proxy;              // http.proxy; "": curl's own rules
    std::string certificates;       // http.cainfo
    int retries = 3;                // net.retry
    int timeout_s = 30;             // http.timeout: to connect, and below the speed limit
    int low_speed = 10;             // http.low-speed-limit, bytes a second
    int first_pause_ms = 500;       // tests have less time
};

// How each of them ended; an Error where nothing could be tried.
Result<std::vector<Status>> download_each(NetworkHelper& network, const std::vector<Download>& downloads,
                                          const TransferSettings& settings, DownloadListener* listener = nullptr);
// All of them, or the first failure, with the names of all that failed.
Status download_all(NetworkHelper& network, const std::vector<Download>& downloads, const TransferSettings& settings,
                    DownloadListener* listener = nullptr);

// --- parts, for tests ---
// curl's instructions for these downloads, in its configuration language.
std::string curl_config(const std::vector<const Download*>& downloads, const TransferSettings& settings);
// A line that curl prints after each transfer.
struct Transfer {
    std::size_t index = 0;
    int exit_code = 0;
    int status = 0;  // HTTP
    std::uint64_t bytes = 0;
    std::string retry_after;  // the header; "" without it, or where curl is older than 7.84
    std::string url;          // that answered
    std::string leads_to;     // of an answer that redirects and is not followed
    std::string message;
};
std::optional<Transfer> parse_transfer(std::string_view line);
bool may_pass(const Transfer& transfer);                 // a failure that another try may not meet
int pause_ms(const Transfer& transfer, int try_number);  // before try 1, 2, …
std::string host_of(std::string_view url);               // "example.org:8080", in small letters

}  // namespace cermet::fetch
