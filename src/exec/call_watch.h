// CallWatch: hears where a process and all that it starts want to write, read and connect to, and lets them.
// SPDX-License-Identifier: MIT
//
// The kernel decides, this tells: a process whose write or read is refused says "Permission denied" and, in Rust, not of
// which file. A seccomp filter reports the calls that open files, start programs, make, rename and remove names, and reach
// for another machine; each goes on as if nobody had looked. So static programs and direct system calls are heard too; not
// heard is what a call reads through a descriptor it was given, and io_uring. Ordinary steps' reads are not in the filter
// and cost nothing. install() is called on the thread that spawns the process, as Isolation::apply(), while another thread
// answers: its own open and execve are heard too. A process that outlives the watch can make none of these calls any more.
// Absent where the kernel or another supervisor does not allow it, or somebody traces this program (who would miss calls):
// then nothing is heard. Source: seccomp_unotify(2).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "platform/os.h"

namespace cermet::exec {

// Paths, each with all below it.
class PathSet {
   public:
    void add(const std::string& path) { paths_.insert(path); }
    bool holds(std::string_view path) const;
    bool empty() const { return paths_.empty(); }

   private:
    std::unordered_set<std::string> paths_;
};

// What is nobody's business: paths as the processes see them, by every name they have.
struct WatchScope {
    PathSet writable;             // empty: writes are not told
    PathSet readable;             // empty: reads are not heard
    PathSet listable;             // directories that may be listed
    std::size_t most_reads = 20;  // so many are told
    bool empty() const { return writable.empty() && readable.empty(); }
};

struct HeardRead {
    std::string path;
    bool directory = false;
    bool operator==(const HeardRead&) const = default;
};

// Beyond the scope; each once, in order.
struct Heard {
    std::vector<std::string> writes;     // absolute paths
    std::vector<HeardRead> reads;        // of what is there: who finds nothing has read nothing
    std::vector<std::string> addresses;  // "192.0.2.1 port 443"; not of this machine, but for name servers
    std::vector<std::string> hosts;      // names: not from here, but from a library that an observed process loads
};

class CallWatch {
   public:
    explicit CallWatch(WatchScope scope) : scope_(std::move(scope)) {}
    void install();  // for the calling thread and what it starts, for good
    // Readable when somebody waits for an answer; -1: nothing to wait for.
    int descriptor() const { return listener_.get(); }
    void answer();  // one call; it goes on
    void close() { listener_ = platform::Fd(); }
    bool hears_reads() const { return !scope_.readable.empty(); }
    const Heard& heard() const { return heard_; }

   private:
    static constexpr std::size_t k_most = 20;
    void note_write(const std::string& path);
    void note_read(const std::string& path);
    void note_address(const std::string& address);
    WatchScope scope_;
    Heard heard_;
    std::unordered_set<std::string> looked_at_;  // reads
    platform::Fd listener_;
};

}  // namespace cermet::exec
