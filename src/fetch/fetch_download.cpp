// FetchDownload and the session's downloads: see fetch_download.h.
// SPDX-License-Identifier: MIT
#include "fetch/fetch_download.h"

#include <map>

#include "base/text.h"
#include "fetch/progress.h"
#include "platform/os.h"
#include "store/locks.h"

namespace cermet::fetch {
namespace fetch_download_detail {

Result<store::KeyLock> lock_files(exec::Executor& executor, const NetworkHelper& network) {
    const std::string& directory = executor.store().directory();
    const Digest key = digest_of("downloads of files");
    TRY(lock, store::KeyLock::try_take(directory, key));
    if (lock) return std::move(*lock);
    executor.notice("another build downloads files: waiting for it");
    return store::KeyLock::take(directory, key, &network.cancelled());
}

// Those that arrived are kept, also when others did not.
Result<PlacedFile> place(store::Store& store, const PinnedFile& file, const Download& download, const Status& done) {
    if (!done.ok()) return Error(done.error()).at(file.place);
    Result<PlacedFile> placed = import_pinned(store, file, download.target, Import::Take);
    (void)platform::remove_file(download.target);
    return placed;
}

Error not_here(const PinnedFile& file, const std::string& reason) {
    return environment_error(cat(file.shown(), " is not on this machine, and ", reason),
                             "run `cermet fetch` where there is a network, or name a copy of it")
        .at(file.place);
}

}  // namespace fetch_download_detail

engine::Task<PlacedFile> run(engine::Build build, FetchDownload key) {
    Downloads& downloads = build.service<Downloads>();
    CO_TRY(known, downloads.at_hand(key.file()));
    if (known) co_return *known;
    engine::Ticket<PlacedFile> ticket = build.ticket<PlacedFile>();
    downloads.begin(key.file(), ticket.sender());
    PlacedFile placed = co_await build.answer(ticket);
    co_return placed;
}

engine::Task<PlacedTree> run(engine::Build build, UnpackDownload key) {
    PlacedFile file = co_await build.get(FetchDownload(key.file()));
    (void)file;
    CO_TRY(tree, unpack_pinned(build.service<exec::Executor>().store(), key.file(), key.directory()));
    co_return tree;
}

Result<std::optional<PlacedFile>> Downloads::at_hand(const PinnedFile& file) {
    TRY_VOID(check_pinned(file));
    const FileSource source = source_of(executor_.store(), policy_, file);
    if (source.kind == FileSource::Kind::Cache) return find_pinned(executor_.store(), file);
    if (source.kind != FileSource::Kind::Network) {
        Result<PlacedFile> placed = import_pinned(executor_.store(), file, source.from, Import::Copy);
        if (!placed.ok()) return std::move(placed).error();
        return std::optional<PlacedFile>(std::move(*placed));
    }
    if (policy_.offline.empty() || source.from.starts_with("file:")) return std::optional<PlacedFile>();
    note_missing(file.shown());
    return fetch_download_detail::not_here(file, policy_.offline);
}

void Downloads::begin(const PinnedFile& file, const engine::Sender<PlacedFile>& answer) {
    const std::lock_guard<std::mutex> hold(mutex_);
    waiting_.push_back({file, answer});
    if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
    changed_.notify_all();
}

void Downloads::serve() {
    std::unique_lock<std::mutex> hold(mutex_);
    for (;;) {
        changed_.wait(hold, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        const std::vector<Waiting> taken = std::move(waiting_);
        waiting_.clear();
        busy_ = true;
        hold.unlock();
        std::vector<PinnedFile> files;
        for (const Waiting& one : taken) files.push_back(one.file);
        std::vector<Result<PlacedFile>> done = bring(files);
        for (std::size_t i = 0; i < taken.size(); ++i) taken[i].answer.send(std::move(done[i]));
        hold.lock();
        busy_ = false;
    }
}

void Downloads::stop() {
    {
        const std::lock_guard<std::mutex> hold(mutex_);
        stopping_ = true;
        if (busy_) network_.cancel();
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

std::vector<Result<PlacedFile>> Downloads::bring(const std::vector<PinnedFile>& files) {
    const Result<store::KeyLock> lock = fetch_download_detail::lock_files(executor_, network_);
    if (lock.ok()) return bring_locked(files);
    return std::vector<Result<PlacedFile>>(files.size(), lock.error());
}

// Another process may have brought some meanwhile.
std::vector<Result<PlacedFile>> Downloads::bring_locked(const std::vector<PinnedFile>& files) {
    std::vector<Result<PlacedFile>> done;
    std::vector<Download> wanted;
    std::vector<std::size_t> of;               // index in `files` of each of `wanted`
    std::map<std::string, std::size_t> first;  // target -> index in `files`: two may want the same
    std::vector<std::pair<std::size_t, std::size_t>> same;
    for (const PinnedFile& file : files) {
        Result<std::optional<PlacedFile>> known = at_hand(file);
        if (!known.ok()) {
            done.emplace_back(std::move(known).error());
        } else if (known->has_value()) {
            done.emplace_back(std::move(**known));
        } else {
            Download download = download_of(executor_.store(), policy_, file);
            const auto [known_target, added] = first.emplace(download.target, done.size());
            if (added) {
                of.push_back(done.size());
                wanted.push_back(std::move(download));
            } else {
                same.emplace_back(done.size(), known_target->second);
            }
            done.emplace_back(bug("a download that nobody tried"));
        }
    }
    if (wanted.empty()) return done;
    TransferSettings settings;
    settings.scratch_directory = cat(executor_.store().directory(), "/downloads");
    DownloadProgress progress(executor_, "file", wanted);
    const Result<std::vector<Status>> each = download_each(network_, wanted, settings, &progress);
    bool all = each.ok();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const Status status = each.ok() ? (*each)[i] : Status(each.error());
        done[of[i]] = fetch_download_detail::place(executor_.store(), files[of[i]], wanted[i], status);
        all = all && done[of[i]].ok();
    }
    for (const auto& [index, other] : same) done[index] = done[other];
    if (all) progress.finish(engine::Outcome::Ran);
    return done;
}

void Downloads::note_missing(const std::string& what) {
    const std::lock_guard<std::mutex> hold(mutex_);
    missing_.insert(what);
}

std::vector<std::string> Downloads::missing() const {
    const std::lock_guard<std::mutex> hold(mutex_);
    return {missing_.begin(), missing_.end()};
}

}  // namespace cermet::fetch
