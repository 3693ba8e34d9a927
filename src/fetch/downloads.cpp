// Many downloads through one curl: see downloads.h.
// SPDX-License-Identifier: MIT
#include "fetch/downloads.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/digest.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::fetch {

namespace downloads_detail {

constexpr std::string_view k_mark = "cermet-transfer\t";
constexpr int k_longest_pause_ms = 10'000;

// Exit codes of curl that are looked at.
constexpr int k_write_error = 23;
constexpr int k_no_ranges = 33;
constexpr int k_too_large = 63;
constexpr int k_most_redirects = 5;  // of those that are followed here

// A value in curl's configuration language.
std::string config_text(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        if (c != '\n' && c != '\r') out += c;
    }
    return out + "\"";
}

std::string part_of(const Download& download) { return download.target + ".part"; }
std::string tag_of(const Download& download) { return download.target + ".etag"; }
std::string new_tag_of(const Download& download) { return download.target + ".etag.new"; }

// A kept answer that the server may call new enough.
bool has_kept(const Download& download) {
    return download.freshness == Freshness::ByTag && platform::is_file(download.target) &&
           platform::stat_file(tag_of(download)).size > 0;
}

template <class Number>
bool number(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// Collects curl's answers as they come.
class Answers final : public NetworkListener {
   public:
    Answers(const std::vector<const Download*>& wanted, DownloadListener* listener, std::size_t& arrived,
            std::size_t of)
        : wanted_(wanted), transfers_(wanted.size()), listener_(listener), arrived_(arrived), all_(of) {}

    void printed(std::string_view text) override {
        rest_ += text;
        for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
            const std::optional<Transfer> transfer = parse_transfer(std::string_view(rest_).substr(0, end));
            if (transfer && transfer->index < transfers_.size()) take(*transfer);
            rest_.erase(0, end + 1);
        }
    }

    const std::optional<Transfer>& of(std::size_t index) const { return transfers_[index]; }

   private:
    void take(const Transfer& transfer) {
        const bool news = transfer.exit_code == 0 && !transfers_[transfer.index];
        transfers_[transfer.index] = transfer;
        if (!news) return;
        ++arrived_;
        if (listener_ != nullptr) listener_->arrived(*wanted_[transfer.index], transfer.bytes, arrived_, all_);
    }

    const std::vector<const Download*>& wanted_;
    std::vector<std::optional<Transfer>> transfers_;
    DownloadListener* listener_;
    std::size_t& arrived_;
    std::size_t all_;
    std::string rest_;
};

bool redirects(const Transfer& transfer) {
    return transfer.status >= 300 && transfer.status < 400 && transfer.status != 304;
}

// Without a checksum only a server's own word counts, and never one that was said in secret and is not any more.
bool may_follow(const Download& download, const Transfer& transfer) {
    const bool secret = download.url.starts_with("https:");
    return !transfer.leads_to.empty() && host_of(transfer.leads_to) == host_of(download.url) &&
           (transfer.leads_to.starts_with("https:") || (!secret && transfer.leads_to.starts_with("http:")));
}

bool is_too_large(const Download& download, const Transfer& transfer) {
    if (transfer.exit_code == k_too_large) return true;
    return transfer.exit_code != 0 && platform::stat_file(part_of(download)).size >= download.size_cap;
}

Error wrong_bytes(const Download& download, const std::string& found) {
    return project_error(cat("checksum mismatch: ", download.what, " from ", download.url, " has the sha256 ", found,
                             ", wanted is ", lower(download.sha256)),
                         "was the checksum changed, or the file? do not trust it before you know");
}

std::string reason_of(const Transfer& transfer) {
    if (transfer.status >= 400) return cat("the server answered ", transfer.status);
    if (redirects(transfer) && transfer.exit_code == 0)
        return cat("the server answered ", transfer.status, " and leads to ", transfer.leads_to);
    if (!transfer.message.empty()) return transfer.message;
    return cat("curl ended with code ", transfer.exit_code);
}

Error failure(const Download& download, const Transfer& transfer) {
    std::string hint = "is there a network? proxies are taken from the environment, as curl does";
    if (transfer.status == 401 || transfer.status == 403) {
        hint = download.refused_hint.empty() ? "does the server need a login? curl takes one from ~/.netrc"
                                             : download.refused_hint;
    } else if (transfer.status == 404 || transfer.status == 410) {
        hint = "is it still there? a mirror may be behind";
    } else if (transfer.exit_code == k_write_error) {
        hint = "is there space left on the disk of the cache?";
    } else if (redirects(transfer) && transfer.exit_code == 0) {
        hint = "another host is only followed for files whose checksum is known";
    }
    return environment_error(cat("cannot download ", download.what, " from ", download.url, ": ", reason_of(transfer)),
                             hint);
}

Error too_large(const Download& download) {
    return environment_error(cat("cannot download ", download.what, " from ", download.url, ": it has more than the ",
                                 download.size_cap, " bytes that are taken"),
                             "is this the file that is meant? one that is really so large needs its `size` declared");
}

// The downloads of one call, and how far each is.
class Batch {
   public:
    Batch(NetworkHelper& network, const std::vector<Download>& downloads, const TransferSettings& settings,
          DownloadListener* listener)
        : network_(network),
          downloads_(downloads),
          redirects_(downloads.size()),
          ends_(downloads.size()),
          settings_(settings),
          listener_(listener) {}

    Result<std::vector<Status>> run() {
        TRY_VOID(prepare());
        std::vector<std::size_t> waiting;
        for (std::size_t i = 0; i < downloads_.size(); ++i) waiting.push_back(i);
        for (int tried = 0; !waiting.empty(); ++tried) {
            if (pause_ms_ > 0) TRY_VOID(network_.pause(pause_ms_));
            pause_ms_ = 0;
            TRY(again, one_round(waiting, tried));
            waiting = again;
        }
        return std::move(ends_);
    }

   private:
    Status prepare() const {
        TRY_VOID(platform::make_directories(settings_.scratch_directory));
        for (const Download& download : downloads_) {
            TRY_VOID(platform::make_directories(std::string(parent(download.target))));
            // Without a checksum nothing tells whether the rest still fits.
            if (download.sha256.empty()) (void)platform::remove_file(part_of(download));
            if (download.freshness == Freshness::ByTag) (void)platform::remove_file(new_tag_of(download));
        }
        return {};
    }

    // Which of them must be asked for again.
    Result<std::vector<std::size_t>> one_round(const std::vector<std::size_t>& indices, int tried) {
        std::vector<const Download*> wanted;
        std::vector<bool> resumed;
        for (const std::size_t index : indices) {
            wanted.push_back(&downloads_[index]);
            resumed.push_back(platform::stat_file(part_of(downloads_[index])).size > 0);
        }
        Answers answers(wanted, listener_, arrived_, downloads_.size());
        TRY_VOID(call_curl(wanted, answers));
        std::vector<std::size_t> again;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            std::string reason;
            Status done = settle(indices[i], answers.of(i), resumed[i], tried, reason);
            if (!reason.empty()) {
                again.push_back(indices[i]);
                if (listener_ != nullptr) listener_->again(*wanted[i], reason);
            } else {
                ends_[indices[i]] = std::move(done);
            }
        }
        return again;
    }

    Status call_curl(const std::vector<const Download*>& wanted, Answers& answers) const {
        const std::string config = cat(settings_.scratch_directory, "/curl-", store::process_id(), "-",
                                       digest_of(wanted[0]->target).short_hex(8), ".config");
        (void)platform::remove_file(config);
        TRY_VOID(store::write_new_file(config, curl_config(wanted, settings_), 0600, 0));
        NetworkCommand command;
        command.argv = {"curl", "--config", config};
        command.purpose =
            wanted.size() == 1 ? cat("download ", wanted[0]->what) : cat("download ", wanted.size(), " files");
        command.needs_network = std::any_of(wanted.begin(), wanted.end(),
                                            [](const Download* one) { return !one->url.starts_with("file:"); });
        for (const Download* one : wanted) command.largest_file = std::max(command.largest_file, one->size_cap);
        const Result<NetworkEnd> ended = network_.run(command, &answers);
        (void)platform::remove_file(config);
        if (!ended.ok()) return Error(ended.error());
        return {};
    }

    // How one transfer ended; `again`: why it must be asked for once more.
    Status settle(std::size_t index, const std::optional<Transfer>& answer, bool resumed, int tried,
                  std::string& again) {
        const Download& download = downloads_[index];
        Transfer transfer;
        transfer.exit_code = -1;
        transfer.message = "curl said nothing of it";
        if (answer) transfer = *answer;
        const std::string part = part_of(download);
        // Bytes of another file, or of a server that cannot go on where it was: once more from the beginning.
        const bool fresh_start = resumed && (transfer.exit_code == k_no_ranges || transfer.status == 416);
        const bool nothing_left = resumed && transfer.status == 416 && is_right(download);
        if (transfer.status == 304 && has_kept(download)) return {};
        if (redirects(transfer) && transfer.exit_code == 0) return redirect(index, transfer, again);
        if (transfer.exit_code == 0 || nothing_left) {
            if (is_right(download)) {
                tell_host(download, transfer);
                return take(download);
            }
            Error wrong = wrong_bytes(download, found_);
            (void)platform::remove_file(part);
            if (!resumed) return wrong;
            again = "what an earlier try left was not of this file";
            return {};
        }
        if (fresh_start) {
            (void)platform::remove_file(part);
            again = "it must begin anew";
            return {};
        }
        if (is_too_large(download, transfer)) {
            (void)platform::remove_file(part);
            return too_large(download);
        }
        if (!may_pass(transfer) || tried >= settings_.retries) return failure(download, transfer);
        again = reason_of(transfer);
        const int wanted = fetch::pause_ms(transfer, tried + 1) / 500 * settings_.first_pause_ms;
        pause_ms_ = std::max(pause_ms_, wanted);
        return {};
    }

    // curl follows only for files with a checksum.
    Status redirect(std::size_t index, const Transfer& transfer, std::string& again) {
        Download& download = downloads_[index];
        (void)platform::remove_file(part_of(download));
        (void)platform::remove_file(new_tag_of(download));
        if (!may_follow(download, transfer) || ++redirects_[index] > k_most_redirects)
            return failure(download, transfer);
        again = cat("it is at ", transfer.leads_to);
        download.url = transfer.leads_to;
        return {};
    }

    void tell_host(const Download& download, const Transfer& transfer) const {
        const std::string host = host_of(transfer.url);
        if (listener_ != nullptr && !host.empty() && host != host_of(download.url))
            listener_->redirected(download, host);
    }

    // The tag goes first and comes last: never a tag beside another answer.
    static Status take(const Download& download) {
        const std::string part = part_of(download);
        if (download.freshness == Freshness::ByTag) {
            (void)platform::remove_file(tag_of(download));
            // An empty answer makes no file.
            if (!platform::is_file(part)) TRY_VOID(platform::write_file(part, ""));
        }
        TRY_VOID(platform::rename_path(part, download.target));
        if (platform::is_file(new_tag_of(download))) {
            return platform::rename_path(new_tag_of(download), tag_of(download));
        }
        return {};
    }

    bool is_right(const Download& download) {
        if (download.sha256.empty()) return true;
        const auto hashed = store::hash_file(part_of(download));
        found_ = hashed.ok() ? hashed->digest.hex() : "?";
        return found_ == lower(download.sha256);
    }

    NetworkHelper& network_;
    std::vector<Download> downloads_;
    std::vector<int> redirects_;
    std::vector<Status> ends_;
    const TransferSettings& settings_;
    DownloadListener* listener_;
    int pause_ms_ = 0;
    std::size_t arrived_ = 0;
    std::string found_;  // the checksum that was compared last
};

}  // namespace downloads_detail

std::optional<Transfer> parse_transfer(std::string_view line) {
    using namespace downloads_detail;
    if (!line.starts_with(k_mark)) return std::nullopt;
    line.remove_prefix(k_mark.size());
    const std::vector<std::string> fields = split(line, '\t');
    Transfer transfer;
    if (fields.size() < 8 || !number(fields[0], transfer.index) || !number(fields[1], transfer.exit_code) ||
        !number(fields[2], transfer.status) || !number(fields[3], transfer.bytes)) {
        return std::nullopt;
    }
    transfer.retry_after = std::string(trim(fields[4]));
    transfer.url = fields[5];
    transfer.leads_to = fields[6];
    transfer.message = fields[7];
    return transfer;
}

bool may_pass(const Transfer& transfer) {
    if (transfer.status == 429 || (transfer.status >= 500 && transfer.status < 600)) return true;
    // No proxy, host or connection; HTTP/2; a file cut off; a timeout; TLS; nothing sent or received (curl(1), EXIT CODES).
    constexpr int k_passing[] = {5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92, 95, 96};
    return contains(k_passing, transfer.exit_code);
}

int pause_ms(const Transfer& transfer, int try_number) {
    using namespace downloads_detail;
    int seconds = 0;
    const bool says_when = transfer.status == 429 || transfer.status == 503;
    if (says_when && number(std::string_view(transfer.retry_after), seconds) && seconds >= 0) {
        return std::min(seconds, k_longest_pause_ms / 1000) * 1000;
    }
    return std::min((try_number - 1) * 3000 + 500, k_longest_pause_ms);
}

std::string curl_config(const std::vector<const Download*>& downloads, const TransferSettings& settings) {
    using namespace downloads_detail;
    std::string out = "parallel\nparallel-max = 16\nno-progress-meter\n";
    for (std::size_t i = 0; i < downloads.size(); ++i) {
        const Download& download = *downloads[i];
        if (i > 0) out += "next\n";  // forgets every option below
        out += "silent\nfail\n";
        if (!download.sha256.empty()) out += "location\nmax-redirs = 10\n";
        out += "proto = \"=http,https,file\"\nproto-redir = \"=http,https\"\n";
        out += cat("connect-timeout = ", settings.timeout_s, "\nspeed-time = ", settings.timeout_s,
                   "\nspeed-limit = ", settings.low_speed, "\ncontinue-at = \"-\"\n");
        out += cat("max-filesize = ", download.size_cap, "\nuser-agent = \"cermet\"\n");
        if (!settings.proxy.empty()) out += cat("proxy = ", config_text(settings.proxy), "\n");
        if (!settings.certificates.empty()) out += cat("cacert = ", config_text(settings.certificates), "\n");
        if (!download.authorization.empty()) {
            out += cat("header = ", config_text("Authorization: " + download.authorization), "\n");
        }
        if (download.freshness == Freshness::ByTag) {
            out += cat("etag-save = ", config_text(new_tag_of(download)), "\n");
            if (has_kept(download)) out += cat("etag-compare = ", config_text(tag_of(download)), "\n");
        }
        // The language knows \n and \t inside quotes.
        out += cat("write-out = \"%{stderr}cermet-transfer\\t", i,
                   "\\t%{exitcode}\\t%{http_code}\\t%{size_download}\\t%header{retry-after}\\t%{url_effective}\\t%{"
                   "redirect_url}"
                   "\\t%{errormsg}\\n\"\n");
        out += cat("output = ", config_text(part_of(download)), "\nurl = ", config_text(download.url), "\n");
    }
    return out;
}

std::string host_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    const std::size_t user = url.rfind('@');
    if (user != std::string_view::npos) url.remove_prefix(user + 1);
    return lower(url);
}

Result<std::vector<Status>> download_each(NetworkHelper& network, const std::vector<Download>& downloads,
                                          const TransferSettings& settings, DownloadListener* listener) {
    if (downloads.empty()) return std::vector<Status>();
    return downloads_detail::Batch(network, downloads, settings, listener).run();
}

Status download_all(NetworkHelper& network, const std::vector<Download>& downloads, const TransferSettings& settings,
                    DownloadListener* listener) {
    TRY(ends, download_each(network, downloads, settings, listener));
    std::optional<Error> first;
    std::vector<std::string> failed;
    for (std::size_t i = 0; i < downloads.size(); ++i) {
        if (ends[i].ok()) continue;
        failed.push_back(downloads[i].what);
        if (!first) first = ends[i].error();
    }
    if (!first) return {};
    if (failed.size() == 1) return std::move(*first);
    return std::move(*first).note(cat(failed.size(), " downloads failed: ", join(failed, ", ")));
}

}  // namespace cermet::fetch
