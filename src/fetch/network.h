// NetworkHelper: the only door to the network and to version control: a small process that runs git, cargo fetch and curl.
// SPDX-License-Identifier: MIT
//
// It is forked at program start, before any thread and before the mount namespace is entered, so what it runs sees the
// user's real paths, environment, credentials and network; the build's own processes have none of them. It works the same
// way in plain mode. It holds no state and ends when its socket closes, however this process ends, killing what it runs.
// Frames on the socket: u8 kind, u32 length, bytes. To the helper: 'r' a command, 'c' cancel. From it: 'o' and 'e' pieces of
// stdout and stderr, 'f' could not start (errno), 'x' ended (u32 exit code, u32 signal).
// Threads: run() may be called from any thread, one command at a time; cancel() from any thread. Failures: Environment.
#pragma once
#include <sys/types.h>  // lint: allow(header-include) pid_t

#include <atomic>
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

namespace cermet::fetch {

struct NetworkCommand {
    std::vector<std::string> argv;  // argv[0] is looked up on the user's PATH
    std::string cwd;                // empty: where Cermet was started
    // over the user's own; an empty value removes the variable
    std::map<std::string, std::string> env;
    // "download 12 crates": for errors and the progress line
    std::string purpose;
    // false: version control in the checkout; allowed offline
    bool needs_network = true;
    // What it may write into one file, in bytes; what is longer fails there. 0: as the user's own limit says.
    std::uint64_t largest_file = 0;
};
std::string encode_command(const NetworkCommand& command);
std::optional<NetworkCommand> decode_command(std::string_view bytes);  // nullopt when malformed

struct NetworkEnd {
    int exit_code = 0;
    int signal = 0;
    std::string out;
    std::string err;  // the last 64 kB
    bool succeeded() const { return exit_code == 0 && signal == 0; }
};

// Told what a command prints to stderr, while it runs.
class NetworkListener {
   public:
    virtual ~NetworkListener() = default;
    virtual void printed(std::string_view text) = 0;
};

class NetworkHelper {
   public:
    // Call it first thing in main: it forks. Environment error when the system refuses.
    static Result<std::unique_ptr<NetworkHelper>> start();
    ~NetworkHelper();
    NetworkHelper(const NetworkHelper&) = delete;
    NetworkHelper& operator=(const NetworkHelper&) = delete;

    // From now on every command that needs the network fails with this reason ("--offline was given").
    void forbid_network(std::string reason);
    // How the command ended, whatever its exit code; an Error when it could not be started or was cancelled.
    Result<NetworkEnd> run(const NetworkCommand& command, NetworkListener* listener = nullptr);
    // Like run(); a failed command is an Environment error with its output and how to run it by hand.
    Result<std::string> need(const NetworkCommand& command, NetworkListener* listener = nullptr);
    void cancel();  // ends the running command and refuses all later ones
    const std::atomic<bool>& cancelled() const { return cancelled_; }
    Status pause(int milliseconds) const;  // Cancelled when that comes first

   private:
    NetworkHelper(platform::Fd socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}
    Result<NetworkEnd> converse(const NetworkCommand& command, NetworkListener* listener);
    Error gone() const;

    platform::Fd socket_;
    pid_t pid_;
    std::mutex running_;  // one command at a time
    std::mutex writing_;
    std::mutex policy_;
    std::string forbidden_;
    std::atomic<bool> cancelled_{false};
};

}  // namespace cermet::fetch
