// NetworkHelper on POSIX systems: see network.h.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "fetch/network.h"

extern char** environ;  // NOLINT(*-avoid-non-const-global-variables): POSIX, but declared by no standard header

namespace cermet::fetch {

namespace network_detail {

constexpr std::size_t k_max_frame = 16u << 20;
constexpr std::size_t k_kept_stderr = 64u << 10;
constexpr std::size_t k_max_stdout = 256u << 20;

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool send_frame(int fd, char kind, std::string_view bytes) {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(kind));
    out.u32(static_cast<std::uint32_t>(bytes.size()));
    return write_all(fd, out.bytes()) && write_all(fd, bytes);
}

bool read_exactly(int fd, std::size_t count, std::string& out) {
    out.assign(count, '\0');
    std::size_t done = 0;
    while (done < count) {
        const ssize_t n = ::read(fd, out.data() + done, count - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += static_cast<std::size_t>(n);
    }
    return true;
}

bool read_frame(int fd, char& kind, std::string& bytes) {
    std::string head;
    if (!read_exactly(fd, 5, head)) return false;
    ByteReader reader(head);
    kind = static_cast<char>(reader.u8());
    const std::uint32_t length = reader.u32();
    return length <= k_max_frame && read_exactly(fd, length, bytes);
}

std::string number_bytes(std::uint32_t a, std::uint32_t b) {
    ByteWriter out;
    out.u32(a);
    out.u32(b);
    return out.take();
}

// --- the helper process: it has one thread, so it may do anything after fork ---

struct Running {
    pid_t pid = -1;
    bool own_group = false;
    bool reaped = false;
    int status = 0;
    platform::Fd out;
    platform::Fd err;
    int start_error = 0;
};

// On a terminal, ssh and git may ask there: a process of a background group would be stopped for it.
bool has_terminal() {
    const platform::Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    return terminal.valid();
}

// A write beyond the limit is an error of that file, not the end of the process.
void limit_files(std::uint64_t bytes) {
    (void)::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur <= bytes) return;
    limit.rlim_cur = bytes;
    (void)::setrlimit(RLIMIT_FSIZE, &limit);
}

// A helper that is killed cannot end its command: the kernel does.
void end_with_parent(pid_t parent) {
#if defined(__linux__)
    (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);  // it was killed before that
#else
    (void)parent;
#endif
}

[[noreturn]] void become(const NetworkCommand& command, int out, int err, int failed, pid_t helper, bool own_group) {
    end_with_parent(helper);
    if (own_group) (void)::setpgid(0, 0);
    for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE}) (void)::signal(number, SIG_DFL);
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const bool wired = null >= 0 && ::dup2(null, 0) >= 0 && ::dup2(out, 1) >= 0 && ::dup2(err, 2) >= 0;
    int reason = wired ? 0 : errno;
    if (command.largest_file > 0) limit_files(command.largest_file);
    if (reason == 0 && !command.cwd.empty() && ::chdir(command.cwd.c_str()) != 0) reason = errno;
    if (reason == 0) {
        for (const auto& [name, value] : command.env) {
            if (value.empty()) {
                (void)::unsetenv(name.c_str());
            } else {
                (void)::setenv(name.c_str(), value.c_str(), 1);
            }
        }
        std::vector<char*> argv;
        for (const std::string& argument : command.argv) argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        (void)::execvp(argv[0], argv.data());
        reason = errno;
    }
    (void)!::write(failed, &reason, sizeof reason);
    ::_exit(127);
}

Running start_command(const NetworkCommand& command) {
    Running running;
    int out[2];
    int err[2];
    int failed[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0 || ::pipe2(failed, O_CLOEXEC) != 0) {
        running.start_error = errno;
        return running;
    }
    running.own_group = !has_terminal();
    const pid_t helper = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become(command, out[1], err[1], failed[1], helper, running.own_group);
    if (pid < 0) running.start_error = errno;
    for (const int fd : {out[1], err[1], failed[1]}) ::close(fd);
    running.out = platform::Fd(out[0]);
    running.err = platform::Fd(err[0]);
    const platform::Fd failure(failed[0]);
    if (pid < 0) return running;
    int reason = 0;
    ssize_t n = 0;
    do {
        n = ::read(failure.get(), &reason, sizeof reason);
    } while (n < 0 && errno == EINTR);
    if (n == static_cast<ssize_t>(sizeof reason)) {
        running.start_error = reason;
        (void)::waitpid(pid, nullptr, 0);
        return running;
    }
    running.pid = pid;
    return running;
}

bool has_ended(Running& running) {
    if (!running.reaped) running.reaped = ::waitpid(running.pid, &running.status, WNOHANG) == running.pid;
    return running.reaped;
}

// Passes output on until both pipes end, or the command has ended and what it printed is read (a daemon that it started,
// ssh's ControlPersist for one, may keep the pipes). False: this program is gone or cancelled: the command must be killed.
bool pass_output(int socket, Running& running) {
    bool out_open = true;
    bool err_open = true;
    char buffer[16384];
    while (out_open || err_open) {
        pollfd waiting[3] = {{out_open ? running.out.get() : -1, POLLIN, 0},
                             {err_open ? running.err.get() : -1, POLLIN, 0},
                             {socket, POLLIN, 0}};
        const bool ended = has_ended(running);
        const int ready = ::poll(waiting, 3, ended ? 0 : 100);
        if (ready < 0 && errno != EINTR) return false;
        if (ready == 0 && ended) return true;
        if (ready <= 0) continue;
        if (waiting[2].revents != 0) return false;  // a cancel frame, or the end
        for (int i = 0; i < 2; ++i) {
            if (waiting[i].revents == 0) continue;
            const ssize_t n = ::read(waiting[i].fd, buffer, sizeof buffer);
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (n <= 0) {
                (i == 0 ? out_open : err_open) = false;
            } else if (!send_frame(socket, i == 0 ? 'o' : 'e', {buffer, static_cast<std::size_t>(n)})) {
                return false;
            }
        }
    }
    return true;
}

void end_command(Running& running) {
    const pid_t whom = running.own_group ? -running.pid : running.pid;
    (void)::kill(whom, SIGTERM);
    for (int i = 0; i < 100 && !has_ended(running); ++i) ::usleep(20'000);  // two seconds to end by itself
    if (!running.reaped || running.own_group) (void)::kill(whom, SIGKILL);
}

bool serve_command(int socket, const std::string& request) {
    const std::optional<NetworkCommand> command = decode_command(request);
    if (!command || command->argv.empty()) return send_frame(socket, 'f', number_bytes(EINVAL, 0));
    Running running = start_command(*command);
    if (running.pid < 0)
        return send_frame(socket, 'f', number_bytes(static_cast<std::uint32_t>(running.start_error), 0));
    if (!pass_output(socket, running)) end_command(running);
    while (!running.reaped) {
        running.reaped = ::waitpid(running.pid, &running.status, 0) == running.pid || errno != EINTR;
    }
    const int status = running.status;
    const auto code = static_cast<std::uint32_t>(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    const auto number = static_cast<std::uint32_t>(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return send_frame(socket, 'x', number_bytes(code, number));
}

[[noreturn]] void serve(int socket) {
    // Ctrl-C goes to the whole foreground group; the build decides what is cancelled.
    for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) (void)::signal(number, SIG_IGN);
    char kind = 0;
    std::string bytes;
    while (read_frame(socket, kind, bytes)) {
        if (kind == 'r' && !serve_command(socket, bytes)) break;
    }
    ::_exit(0);
}

}  // namespace network_detail

std::string encode_command(const NetworkCommand& command) {
    ByteWriter out;
    out.varint(command.argv.size());
    for (const std::string& argument : command.argv) out.string(argument);
    out.string(command.cwd);
    out.varint(command.env.size());
    for (const auto& [name, value] : command.env) {
        out.string(name);
        out.string(value);
    }
    out.u64(command.largest_file);
    return out.take();
}

std::optional<NetworkCommand> decode_command(std::string_view bytes) {
    ByteReader in(bytes);
    NetworkCommand command;
    const std::uint64_t arguments = in.varint();
    for (std::uint64_t i = 0; i < arguments && in.ok(); ++i) command.argv.push_back(in.string());
    command.cwd = in.string();
    const std::uint64_t variables = in.varint();
    for (std::uint64_t i = 0; i < variables && in.ok(); ++i) {
        std::string name = in.string();
        command.env[std::move(name)] = in.string();
    }
    command.largest_file = in.u64();
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return command;
}

Result<std::unique_ptr<NetworkHelper>> NetworkHelper::start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return system_error("cannot make", "a socket for the network helper", errno);
    }
    const pid_t pid = ::fork();
    if (pid < 0) {
        const int failed = errno;
        ::close(ends[0]);
        ::close(ends[1]);
        return system_error("cannot start", "the network helper", failed);
    }
    if (pid == 0) {
        ::close(ends[0]);
        network_detail::serve(ends[1]);
    }
    ::close(ends[1]);
    return std::unique_ptr<NetworkHelper>(new NetworkHelper(platform::Fd(ends[0]), pid));
}

NetworkHelper::~NetworkHelper() {
    socket_ = platform::Fd();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void NetworkHelper::forbid_network(std::string reason) {
    const std::lock_guard<std::mutex> hold(policy_);
    forbidden_ = std::move(reason);
}

void NetworkHelper::cancel() {
    cancelled_ = true;
    const std::lock_guard<std::mutex> hold(writing_);
    (void)network_detail::send_frame(socket_.get(), 'c', {});
}

Status NetworkHelper::pause(int milliseconds) const {
    constexpr int k_step_ms = 20;
    for (int waited = 0; waited < milliseconds && !cancelled_; waited += k_step_ms) ::usleep(k_step_ms * 1000);
    if (cancelled_) return Error(ErrorKind::Cancelled, "cancelled");
    return {};
}

Error NetworkHelper::gone() const {
    return environment_error("the process through which Cermet reaches the network has ended", "run the command again");
}

Result<NetworkEnd> NetworkHelper::converse(const NetworkCommand& command, NetworkListener* listener) {
    using namespace network_detail;
    {
        const std::lock_guard<std::mutex> hold(writing_);
        if (!send_frame(socket_.get(), 'r', encode_command(command))) return gone();
    }
    NetworkEnd end;
    char kind = 0;
    std::string bytes;
    while (read_frame(socket_.get(), kind, bytes)) {
        ByteReader numbers(bytes);
        if (kind == 'o' && end.out.size() < k_max_stdout) end.out += bytes;
        if (kind == 'e') {
            end.err += bytes;
            if (end.err.size() > 2 * k_kept_stderr) end.err.erase(0, end.err.size() - k_kept_stderr);
            if (listener != nullptr) listener->printed(bytes);
        }
        if (kind == 'f') {
            Error error = system_error("cannot run", command.argv.front(), static_cast<int>(numbers.u32()));
            error.kind = ErrorKind::Environment;
            return error;
        }
        if (kind != 'x') continue;
        end.exit_code = static_cast<int>(numbers.u32());
        end.signal = static_cast<int>(numbers.u32());
        if (cancelled_) return Error(ErrorKind::Cancelled, "cancelled");
        return end;
    }
    return gone();
}

Result<NetworkEnd> NetworkHelper::run(const NetworkCommand& command, NetworkListener* listener) {
    if (command.argv.empty()) return bug("a network command without a program");
    if (command.needs_network) {
        const std::lock_guard<std::mutex> hold(policy_);
        if (!forbidden_.empty()) {
            return environment_error(
                cat("cannot ", command.purpose.empty() ? command.argv.front() : command.purpose, ": ", forbidden_),
                "build once without --offline, or run `cermet fetch` where there is a network");
        }
    }
    const std::lock_guard<std::mutex> hold(running_);
    if (cancelled_) return Error(ErrorKind::Cancelled, "cancelled");
    return converse(command, listener);
}

Result<std::string> NetworkHelper::need(const NetworkCommand& command, NetworkListener* listener) {
    TRY(end, run(command, listener));
    if (end.succeeded()) return std::move(end.out);
    const std::string how =
        end.signal != 0 ? cat("was killed by signal ", end.signal) : cat("failed with exit code ", end.exit_code);
    Error error = environment_error(cat(
        command.purpose.empty() ? command.argv.front() : cat("cannot ", command.purpose, ": ", command.argv.front()),
        " ", how));
    error.output = std::move(end.err);
    error.command = command.cwd.empty() ? shell_join(command.argv)
                                        : cat("cd ", shell_quote(command.cwd), " && ", shell_join(command.argv));
    return error;
}

}  // namespace cermet::fetch
