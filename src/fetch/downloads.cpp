// Many downloads through one curl: see downloads.h.
// SPDX-License-Identifier: MIT
#include "fetch/downloads.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::fetch {

namespace downloads_detail {

constexpr std::string_view k_mark = "cermet-transfer\t";
constexpr int k_range_not_satisfiable = 416;

// A value in curl's configuration language.
std::string quoted(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        if (c != '\n' && c != '\r') out += c;
    }
    return out + "\"";
}

std::string part_of(const Download& download) { return download.target + ".part"; }

template <class Number>
bool number(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// Collects curl's answers as they come.
class Answers final : public NetworkListener {
   public:
    Answers(const std::vector<Download>& downloads, DownloadListener* listener)
        : downloads_(downloads), listener_(listener) {}

    void printed(std::string_view text) override {
        rest_ += text;
        for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
            take(std::string_view(rest_).substr(0, end));
            rest_.erase(0, end + 1);
        }
    }

    const Transfer* of(std::size_t index) const {
        const auto found = transfers_.find(index);
        return found == transfers_.end() ? nullptr : &found->second;
    }

   private:
    void take(std::string_view line) {
        const std::optional<Transfer> transfer = parse_transfer(line);
        if (!transfer || transfer->index >= downloads_.size()) return;
        const bool good = transfer->exit_code == 0;
        if (good && listener_ != nullptr) {
            listener_->arrived(downloads_[transfer->index], transfer->bytes, ++done_, downloads_.size());
        }
        transfers_[transfer->index] = *transfer;  // a repeated one counts as it ended
    }

    const std::vector<Download>& downloads_;
    DownloadListener* listener_;
    std::string rest_;
    std::size_t done_ = 0;
    std::map<std::size_t, Transfer> transfers_;
};

// nullopt: it is there, with the right bytes.
Result<bool> accept(const Download& download) {
    const std::string part = part_of(download);
    if (download.sha256.empty()) {
        TRY_VOID(platform::rename_path(part, download.target));
        return true;
    }
    TRY(hashed, store::hash_file(part));
    if (hashed.digest.hex() != lower(download.sha256)) return false;
    TRY_VOID(platform::rename_path(part, download.target));
    return true;
}

Error wrong_bytes(const Download& download, const std::string& found) {
    return project_error(cat("checksum mismatch: ", download.what, " from ", download.url, " has the sha256 ", found,
                             ", wanted is ", lower(download.sha256)),
                         "was the lock file changed, or the server? do not trust it before you know");
}

Error failure(const Download& download, const Transfer* transfer) {
    std::string reason = "curl said nothing of it";
    if (transfer != nullptr) {
        reason = transfer->status >= 400 ? cat("the server answered ", transfer->status) : transfer->message;
    }
    std::string hint = "is there a network? proxies are taken from the environment, as curl does";
    if (transfer != nullptr && (transfer->status == 401 || transfer->status == 403)) {
        hint = "does the registry need a token? `cargo login` keeps one";
    }
    return environment_error(cat("cannot download ", download.what, " from ", download.url, ": ", reason), hint);
}

}  // namespace downloads_detail

std::optional<Transfer> parse_transfer(std::string_view line) {
    using namespace downloads_detail;
    if (!line.starts_with(k_mark)) return std::nullopt;
    line.remove_prefix(k_mark.size());
    const std::vector<std::string> fields = split(line, '\t');
    Transfer transfer;
    if (fields.size() < 5 || !number(fields[0], transfer.index) || !number(fields[1], transfer.exit_code) ||
        !number(fields[2], transfer.status) || !number(fields[3], transfer.bytes)) {
        return std::nullopt;
    }
    transfer.message = fields[4];
    return transfer;
}

std::string curl_config(const std::vector<Download>& downloads) {
    using namespace downloads_detail;
    std::string out = "parallel\nparallel-max = 16\nno-progress-meter\n";
    for (std::size_t i = 0; i < downloads.size(); ++i) {
        const Download& download = downloads[i];
        if (i > 0) out += "next\n";  // forgets every option below
        out += "silent\nfail\nlocation\nproto = \"=http,https,file\"\nproto-redir = \"=http,https\"\n";
        out += "retry = 3\nconnect-timeout = 30\nspeed-limit = 100\nspeed-time = 60\ncontinue-at = \"-\"\n";
        out += cat("max-filesize = ", download.size_cap, "\n");
        if (!download.authorization.empty())
            out += cat("header = ", quoted("Authorization: " + download.authorization), "\n");
        out += cat("write-out = ",
                   quoted(cat("%{stderr}", k_mark, i, "\t%{exitcode}\t%{http_code}\t%{size_download}\t%{errormsg}")),
                   "\n");
        // The language knows \n inside quotes; a newline itself would end the value.
        out.insert(out.size() - 2, "\\n");
        out += cat("output = ", quoted(part_of(download)), "\nurl = ", quoted(download.url), "\n");
    }
    return out;
}

Status download_all(NetworkHelper& network, const std::vector<Download>& downloads,
                    const std::string& scratch_directory, DownloadListener* listener) {
    using namespace downloads_detail;
    if (downloads.empty()) return {};
    for (const Download& download : downloads) {
        TRY_VOID(platform::make_directories(std::string(parent(download.target))));
        // Without a checksum nothing tells whether the rest still fits.
        if (download.sha256.empty()) (void)platform::remove_file(part_of(download));
    }
    TRY_VOID(platform::make_directories(scratch_directory));
    const std::string config = cat(scratch_directory, "/curl-", digest_of(downloads[0].target).short_hex(8), ".config");
    (void)platform::remove_file(config);
    TRY_VOID(store::write_new_file(config, curl_config(downloads), 0600, 0));
    NetworkCommand command;
    command.argv = {"curl", "--config", config};
    command.purpose =
        downloads.size() == 1 ? cat("download ", downloads[0].what) : cat("download ", downloads.size(), " files");
    command.needs_network = std::any_of(downloads.begin(), downloads.end(),
                                        [](const Download& one) { return !one.url.starts_with("file:"); });
    Answers answers(downloads, listener);
    const Result<NetworkEnd> ended = network.run(command, &answers);
    (void)platform::remove_file(config);
    if (!ended.ok()) return Error(ended.error());
    std::optional<Error> first;
    std::vector<std::string> failed;
    for (std::size_t i = 0; i < downloads.size(); ++i) {
        const Download& download = downloads[i];
        const Transfer* transfer = answers.of(i);
        const bool whole =
            transfer != nullptr && transfer->status == k_range_not_satisfiable;  // nothing was left to fetch
        std::optional<Error> error;
        if (!whole && (transfer == nullptr || transfer->exit_code != 0)) {
            error = failure(download, transfer);
        } else {
            const Result<bool> right = accept(download);
            if (!right.ok()) {
                error = Error(right.error());
            } else if (!*right) {
                const auto hashed = store::hash_file(part_of(download));
                error = wrong_bytes(download, hashed.ok() ? hashed->digest.hex() : "?");
                (void)platform::remove_file(part_of(download));
            }
        }
        if (!error) continue;
        failed.push_back(download.what);
        if (!first) first = std::move(error);
    }
    if (!first) return {};
    if (failed.size() > 1) return std::move(*first).note(cat(failed.size(), " downloads failed: ", join(failed, ", ")));
    return std::move(*first);
}

}  // namespace cermet::fetch
