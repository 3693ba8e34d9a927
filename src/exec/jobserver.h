// Jobserver: the tokens that this program, make, cargo, rustc and ninja share so that together they run no more than -j jobs.
// SPDX-License-Identifier: MIT
//
// Client: the first of CARGO_MAKEFLAGS, MAKEFLAGS, MFLAGS that names a jobserver; the last --jobserver-auth= (or the old
// --jobserver-fds=) in it wins; "fifo:PATH" or "R,W" descriptors, which must be open pipes: make closes them for commands
// it does not take for makes, and other files may have their numbers by then. Server: an own fifo with jobs - 1 tokens.
// Every process has one job without a token (the implicit one); acquire() gives it first.
// Each running process of ours costs one token; what it takes itself (rustc's code generation, a make in a build script)
// it reads from the same fifo. A killed child cannot give back what it took: repair(), called when no child runs, counts.
// Text for children: cargo's own, "-j --jobserver-fds=R,W --jobserver-auth=R,W" (understood by every make) or the fifo's
// path (make >= 4.4, ninja >= 1.13, rustc; make 4.3 takes that for a fatal error).
// Threads: all of it. Failures: Environment; Cancelled. Sources: GNU make manual "POSIX Jobserver", cargo book "Environment
// variables".
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/os.h"

namespace cermet::exec {

// What a MAKEFLAGS-like text says; pure.
struct JobserverAddress {
    std::string fifo;  // empty: descriptors
    int read_fd = -1;
    int write_fd = -1;
    bool operator==(const JobserverAddress&) const = default;
};
std::optional<JobserverAddress> parse_makeflags(std::string_view flags);

enum class JobserverText { Descriptors, Fifo };

class Jobserver {
   public:
    // The right to run one job; given back when destroyed. Move-only.
    class Token {
       public:
        Token() = default;
        Token(Token&& other) noexcept : owner_(other.owner_), byte_(other.byte_) { other.owner_ = nullptr; }
        Token& operator=(Token&& other) noexcept;
        Token(const Token&) = delete;
        Token& operator=(const Token&) = delete;
        ~Token() { release(); }
        void release();
        bool held() const { return owner_ != nullptr; }
        bool implicit() const { return held() && byte_ < 0; }

       private:
        friend class Jobserver;
        Token(Jobserver* owner, int byte) : owner_(owner), byte_(byte) {}
        Jobserver* owner_ = nullptr;
        int byte_ = -1;  // what was read, and what make wants back; -1: the implicit one
    };

    // The jobserver that `environment` names; nullopt without one. One that cannot be used gives a notice to show once.
    static std::optional<std::unique_ptr<Jobserver>> inherit(const std::map<std::string, std::string>& environment,
                                                             std::string& notice);
    // An own one: `directory` gets a fifo, removed at the end. Without a directory, or where no fifo can be made: a pipe.
    static Result<std::unique_ptr<Jobserver>> serve(const std::string& directory, int jobs);
    ~Jobserver();  // all tokens must have been released
    Jobserver(const Jobserver&) = delete;
    Jobserver& operator=(const Jobserver&) = delete;

    // Waits; Cancelled as soon as `cancel_descriptor` (Processes::cancel_descriptor(), or -1) is readable.
    Result<Token> acquire(int cancel_descriptor);
    // nullopt: none is free now.
    Result<std::optional<Token>> try_acquire();

    bool serving() const { return serving_; }
    int jobs() const { return jobs_; }  // 0: not known, the parent's
    // CARGO_MAKEFLAGS (all that cargo sets, for rustc and build scripts), MAKEFLAGS and MFLAGS (for a command that is a
    // make) for a child. For Descriptors, start it with inherited(). How a process is launched: never part of a key.
    std::map<std::string, std::string> environment(JobserverText text) const;
    bool has_fifo() const { return !fifo_.empty(); }
    std::vector<int> inherited() const;
    // For when none of our children runs: gives back the tokens that killed ones kept, removes what came twice; the
    // answer is the difference. Does nothing for an inherited server, whose owner counts, or while tokens are held.
    int repair();

   private:
    Jobserver() = default;
    static Result<std::unique_ptr<Jobserver>> connect(const JobserverAddress& address);
    Status open_own_ends(const std::string& path);
    void give_back(int byte);
    Result<std::optional<int>> read_token();
    std::optional<int> claim_implicit();

    std::string fifo_;  // path, when there is one
    bool serving_ = false;
    int jobs_ = 0;
    int read_fd_ = -1;  // as children know them
    int write_fd_ = -1;
    platform::Fd owned_read_;  // closed by us: the server's ends
    platform::Fd owned_write_;
    // an open file description of our own, so that O_NONBLOCK is not make's too
    platform::Fd poll_read_;
    bool blocking_ = false;   // no such description could be had: a read may wait
    platform::Fd wake_read_;  // a byte wakes threads that wait while the implicit token comes back
    platform::Fd wake_write_;
    std::mutex mutex_;
    bool implicit_free_ = true;
    int held_ = 0;  // explicit ones
};

}  // namespace cermet::exec
