// AppendLog: one append-only file of records that several processes read and extend; the base of the store's logs.
// SPDX-License-Identifier: MIT
//
// It does not know what a payload means: a LogVisitor is told each one, in file order, with a view that stays valid until
// the next reset(). Bytes: base/log_record.h. The file is mapped at open; what others append later is read in pieces.
// Appends are buffered, flush() writes them under an exclusive lock on "<path>.lock". A torn or damaged tail is never cut
// in place (another process may have it mapped): the good records are written to a new file that replaces the old one,
// and a process that sees another inode replays the new file. Reading takes a lock only at open.
// Read-only: appends stay in memory. Not thread-safe: the owner locks. Failures: Environment (disk full); nothing is lost
// in memory then, and the next flush tries again.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>  // lint: allow(header-include) rewrite() is handed a way to list what lives
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::store {

class LogVisitor {
   public:
    virtual ~LogVisitor() = default;
    virtual void reset() = 0;                           // forget everything: a replay follows
    virtual void record(std::string_view payload) = 0;  // untrusted beyond its checksum
};

enum class Access { ReadWrite, ReadOnly };

class AppendLog {
   public:
    // `visitor` must outlive the log; it has seen every good record when open() returns.
    static Result<std::unique_ptr<AppendLog>> open(std::string path, std::string kind, int version, Access access,
                                                   LogVisitor& visitor);
    // Tells the visitor at once and keeps the record for the next flush().
    void append(std::string payload);
    Status flush();
    // Reads what other processes appended since; cheap (one stat) when nothing did.
    Status refresh();
    // Replaces the file by the payloads that `live` gives (called under the lock, after a refresh), then replays them.
    Status rewrite(const std::function<std::vector<std::string>()>& live);
    std::uint64_t file_bytes() const { return known_end_; }
    std::uint64_t pending_bytes() const { return pending_bytes_; }

   private:
    AppendLog(std::string path, std::string kind, int version, Access access, LogVisitor& visitor);
    enum class Held { No, Yes };  // is the lock ours already
    Status load(Held held);
    Status read_tail(bool& damaged);
    Status replace(std::string_view records);
    bool replaced() const;
    void replay_pending();
    std::string header() const;
    std::string lock_path() const { return path_ + ".lock"; }

    std::string path_;
    std::string kind_;
    int version_;
    Access access_;
    LogVisitor& visitor_;
    DiskStat identity_;  // of the file whose records the visitor has seen
    platform::MappedFile map_;
    std::string copy_;               // instead of the map where no lock can be had
    std::deque<std::string> tails_;  // read after open; stable addresses
    std::deque<std::string> pending_;
    // own records that are in the file already; moved whole: stable addresses
    std::deque<std::deque<std::string>> written_;
    std::uint64_t known_end_ = 0;  // offset behind the last record seen; 0: no usable file
    std::uint64_t pending_bytes_ = 0;
};

}  // namespace cermet::store
