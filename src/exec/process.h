// Processes: starts one, reads what it prints, waits for it, and never leaves one behind.
// SPDX-License-Identifier: MIT
//
// Knows no actions and no places: arguments, environment and directories are real ones. Each
// process leads its own group and reads /dev/null; its stdout and stderr are drained while it runs,
// whatever their volume, and kept up to a cap. When it ends, what is left of its group is killed.
// This process is a subreaper, so orphans come back here and are reaped. Cancelling sends SIGTERM
// to every group and SIGKILL after a grace time. Threads: run() blocks its caller; several threads
// may run processes at once; cancel() from any thread, also again. Failures: an Error means it
// could not be started (Environment); how it ended is data.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exec/action.h"
#include "exec/call_watch.h"
#include "exec/sandbox.h"

namespace cermet::exec {

using ProcessId = int;  // pid_t, which <sys/types.h> names

// Told each complete line of stderr while the process runs, on the thread that called run().
class LineListener {
   public:
    virtual ~LineListener() = default;
    virtual void line(std::string_view text) = 0;
};

// The other end of a socket that a process was given: told each complete line, on the thread that called run().
class ChannelListener {
   public:
    virtual ~ChannelListener() = default;
    // The reply, without its newline; nullopt: none is wanted. May take its time: the process is not read meanwhile. An
    // Error ends the process as a cancel does.
    virtual Result<std::optional<std::string>> line(std::string_view text) = 0;
};

struct ProcessSpec {
    std::vector<std::string> argv;  // argv[0] is a path, or a name looked up on env's PATH
    std::map<std::string, std::string> env;
    std::string cwd;
    Reach reach;  // for Isolation
    Randomise randomise = Randomise::Yes;
    LineListener* stderr_lines = nullptr;
    ChannelListener* channel = nullptr;  // the process gets the socket as descriptor k_channel_descriptor
    std::string wanted;  // of stdout beyond k_max_noise only lines that begin so are kept; "": all, up to the cap
    WatchScope watch;    // not empty: what goes beyond it is told, where the kernel lets us hear it
    std::vector<int> inherited;  // descriptors the process gets under the same number (a jobserver's)
};

struct ProcessEnd {
    int exit_code = 0;  // meaningful when signal == 0
    int signal = 0;
    bool cancelled = false;
    std::string out;
    std::string err;
    std::uint64_t out_dropped = 0;  // bytes beyond the cap; not those of lines that are not wanted
    std::uint64_t err_dropped = 0;
    Heard heard;  // beyond ProcessSpec::watch
    std::int64_t cpu_us = 0;
    std::int64_t wall_us = 0;
    std::int64_t max_rss_kb = 0;
    bool succeeded() const { return exit_code == 0 && signal == 0 && !cancelled; }
};

// A process that outlived its step: it left the group, or its parent ended.
struct LeftBehind {
    std::string command;  // its arguments, as /proc shows them
    std::string scratch;  // its TMPDIR, which is its step's
};

// "exit code 1", "killed by signal 9 (Killed), perhaps for want of memory".
std::string describe_end(const ProcessEnd& end);

// A long-lived process spoken to through pipes (a worker). Move-only; killed with its group when
// dropped.
class Companion;

class Processes {
   public:
    explicit Processes(Isolation isolation);
    ~Processes();  // cancels, and reaps every orphan that came to this process
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;

    Result<ProcessEnd> run(const ProcessSpec& spec);
    Result<Companion> start_companion(const ProcessSpec& spec);
    void cancel();
    bool cancelled() const;
    // Kills what steps left behind, and says what it was. Only where no step runs.
    std::vector<LeftBehind> end_orphans();
    // Back to work after a cancel (a watch mode, tests).
    void resume();
    int cancel_descriptor() const { return cancel_read_.get(); }  // readable once cancelled
    const Isolation& isolation() const { return isolation_; }

   private:
    friend class Companion;
    // Descriptors that the process starts with; -1: /dev/null, or none.
    struct Descriptors {
        int in = -1, out = -1, err = -1, channel = -1;
    };
    Result<ProcessId> spawn(const ProcessSpec& spec, const Descriptors& given, CallWatch* watch = nullptr);
    void forget(ProcessId pid);
    // start() on a thread of its own with the isolation of the process; false: what was to be limited cannot be.
    template <class Start>
    bool start_apart(const ProcessSpec& spec, CallWatch* watch, const Start& start);

    Isolation isolation_;
    mutable std::mutex mutex_;
    std::set<ProcessId> live_;
    std::set<ProcessId> not_ours_;  // children this process had before
    bool cancelled_ = false;
    platform::Fd cancel_read_;
    platform::Fd cancel_write_;
};

class Companion {
   public:
    Companion() = default;
    Companion(Companion&& other) noexcept;
    Companion& operator=(Companion&& other) noexcept;
    Companion(const Companion&) = delete;
    Companion& operator=(const Companion&) = delete;
    ~Companion();
    bool alive() const { return pid_ > 0; }
    Status send(std::string_view line);  // any thread, one at a time
    // The next line it prints, without the newline; blocks. One thread. Cancelled when the user
    // interrupts; an Environment error with its stderr when it died or printed more than
    // k_max_stdout without a newline.
    Result<std::string> read_line();
    void stop();  // kills the group and reaps; ends a read_line() that waits in another thread

   private:
    friend class Processes;
    Error died() const;
    Processes* owner_ = nullptr;
    ProcessId pid_ = -1;
    platform::Fd to_;
    platform::Fd from_;
    platform::Fd errors_;
    std::string pending_;  // bytes read beyond the last line
    std::string said_;     // its stderr, for the error
};

inline constexpr std::uint64_t k_max_message = 16u << 20;
inline constexpr std::uint64_t k_max_stdout = 64u << 20;
inline constexpr std::uint64_t k_max_noise = 1u << 20;
inline constexpr std::uint64_t k_max_stderr_head = 4u << 20;
inline constexpr std::uint64_t k_max_stderr_tail = 1u << 20;

}  // namespace cermet::exec
