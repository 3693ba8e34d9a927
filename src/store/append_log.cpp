// AppendLog: see append_log.h.
// SPDX-License-Identifier: MIT
#include "store/append_log.h"

#include "base/log_record.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::store {

AppendLog::AppendLog(std::string path, std::string kind, int version, Access access, LogVisitor& visitor)
    : path_(std::move(path)), kind_(std::move(kind)), version_(version), access_(access), visitor_(visitor) {}

Result<std::unique_ptr<AppendLog>> AppendLog::open(std::string path, std::string kind, int version, Access access,
                                                   LogVisitor& visitor) {
    std::unique_ptr<AppendLog> log(new AppendLog(std::move(path), std::move(kind), version, access, visitor));
    TRY_VOID(log->load(Held::No));
    return log;
}

std::string AppendLog::header() const { return log_header(kind_, version_); }

// Maps and replays the file as it is now. An absent, foreign or damaged file is an empty log, not an error.
Status AppendLog::load(Held held) {
    visitor_.reset();
    tails_.clear();
    written_.clear();
    copy_.clear();
    map_ = platform::MappedFile();
    known_end_ = 0;
    identity_ = disk_stat_followed(path_);
    std::string_view bytes;
    if (identity_.regular) {
        if (access_ == Access::ReadWrite) {
            // No writer is half-way through a record while we scan; afterwards the map stays valid: files only grow.
            std::optional<platform::FileLock> lock;
            if (held == Held::No) {
                auto taken = platform::FileLock::take(lock_path(), platform::LockKind::Shared);
                if (taken) lock = std::move(*taken);
                identity_ = disk_stat_followed(path_);
            }
            auto mapped = platform::MappedFile::open(path_);
            if (!mapped) return std::move(mapped).error();
            map_ = std::move(*mapped);
            bytes = map_.bytes();
        } else if (auto read = platform::find_file_bytes(path_)) {
            copy_ = std::move(*read);
            bytes = copy_;
        }
        LogReader reader(bytes, kind_, version_);
        std::string_view payload;
        while (reader.next(payload)) visitor_.record(payload);
        if (reader.header_ok()) known_end_ = reader.good_bytes();
    }
    replay_pending();
    return {};
}

void AppendLog::replay_pending() {
    for (const std::string& payload : pending_) visitor_.record(payload);
}

void AppendLog::append(std::string payload) {
    pending_bytes_ += payload.size();
    pending_.push_back(std::move(payload));
    visitor_.record(pending_.back());
}

bool AppendLog::replaced() const {
    const DiskStat now = disk_stat_followed(path_);
    return now.exists != identity_.exists || !now.same_file(identity_) || now.size < known_end_;
}

// Reads from known_end_ to the end of the file. `damaged`: something follows the last good record.
Status AppendLog::read_tail(bool& damaged) {
    damaged = false;
    const DiskStat now = disk_stat_followed(path_);
    if (!now.exists || now.size <= known_end_) return {};
    if (known_end_ == 0) {
        damaged = true;  // a header of another format
        return {};
    }
    auto fd = open_file(path_, OpenFor::Reading);
    if (!fd) return std::move(fd).error();
    auto read = read_at(fd->get(), known_end_, now.size - known_end_, path_);
    if (!read) return std::move(read).error();
    // LogReader wants a header: give it ours, and count without it.
    const std::string head = header();
    tails_.push_back(head + *read);
    const std::string& tail = tails_.back();
    LogReader reader(tail, kind_, version_);
    std::string_view payload;
    bool any = false;
    while (reader.next(payload)) {
        visitor_.record(payload);
        any = true;
    }
    const std::size_t good = reader.good_bytes() - head.size();
    damaged = good < read->size();
    known_end_ += good;
    if (!any) tails_.pop_back();
    return {};
}

Status AppendLog::refresh() {
    const DiskStat now = disk_stat_followed(path_);
    if (!now.exists || (now.same_file(identity_) && now.size == known_end_)) return {};
    if (replaced()) return load(Held::No);
    bool damaged = false;  // an append under way, perhaps: only a writer under the lock may judge
    return read_tail(damaged);
}

// The file becomes: header + `records`, under another inode.
Status AppendLog::replace(std::string_view records) {
    const std::string fresh = cat(path_, ".", static_cast<long long>(process_id()), ".new");
    (void)platform::remove_file(fresh);
    {
        auto fd = open_file(fresh, OpenFor::Creating);
        if (!fd) return std::move(fd).error();
        Status wrote = write_at(fd->get(), 0, cat(header(), records), fresh);
        if (!wrote) {
            (void)platform::remove_file(fresh);
            return wrote;
        }
    }
    Status moved = platform::rename_path(fresh, path_);
    if (!moved) (void)platform::remove_file(fresh);
    return moved;
}

Status AppendLog::flush() {
    if (pending_.empty() || access_ == Access::ReadOnly) return {};
    std::string bytes;
    TRY(lock, platform::FileLock::take(lock_path(), platform::LockKind::Exclusive));
    (void)lock;
    if (replaced()) TRY_VOID(load(Held::Yes));  // made or compacted by another process
    bool damaged = false;
    TRY_VOID(read_tail(damaged));
    if (known_end_ == 0 || damaged) {
        std::string good;
        const std::size_t head = header().size();
        if (known_end_ > head) {
            TRY(fd, open_file(path_, OpenFor::Reading));
            TRY(prefix, read_at(fd.get(), head, known_end_ - head, path_));
            good = std::move(prefix);
        }
        TRY_VOID(replace(good));
        identity_ = disk_stat_followed(path_);
        known_end_ = head + good.size();
    }
    for (const std::string& payload : pending_) bytes += log_record(payload);
    TRY(fd, open_file(path_, OpenFor::Appending));
    TRY_VOID(write_at(fd.get(), known_end_, bytes, path_));
    identity_ = descriptor_stat(fd.get());
    known_end_ += bytes.size();
    pending_bytes_ = 0;
    written_.push_back(std::move(pending_));  // the visitor holds views into these strings
    pending_.clear();
    return {};
}

Status AppendLog::rewrite(const std::function<std::vector<std::string>()>& live) {
    if (access_ == Access::ReadOnly) return {};
    TRY_VOID(flush());
    TRY(lock, platform::FileLock::take(lock_path(), platform::LockKind::Exclusive));
    (void)lock;
    TRY_VOID(load(Held::Yes));
    std::string records;
    for (const std::string& payload : live()) records += log_record(payload);
    TRY_VOID(replace(records));
    return load(Held::Yes);
}

}  // namespace cermet::store
