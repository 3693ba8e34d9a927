// Processes by posix_spawn, pipes and poll; groups and subreaping leave none behind.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "exec/process.h"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace cermet::exec {

namespace process_detail {

static_assert(sizeof(ProcessId) == sizeof(::pid_t));

constexpr std::int64_t k_grace_us = 2'000'000;  // between SIGTERM and SIGKILL
constexpr int k_poll_ms = 50;                   // where no pidfd tells the end

struct Pipe {
    platform::Fd reading;
    platform::Fd writing;
};

Result<Pipe> make_pipe() {
    int ends[2];
#if defined(__linux__)
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make", "a pipe", errno);
#else
    if (::pipe(ends) != 0) return system_error("cannot make", "a pipe", errno);
    for (int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
    Pipe made;
    made.reading = platform::Fd(ends[0]);
    made.writing = platform::Fd(ends[1]);
    return made;
}

// Keeps the beginning and the end of a stream, and counts what was between them.
class Capture {
   public:
    Capture(std::uint64_t head, std::uint64_t tail) : head_cap_(head), tail_cap_(tail) {}
    void add(std::string_view bytes) {
        const std::size_t room = head_cap_ > head_.size() ? head_cap_ - head_.size() : 0;
        const std::size_t first = bytes.size() < room ? bytes.size() : room;
        head_.append(bytes.substr(0, first));
        bytes.remove_prefix(first);
        if (bytes.empty()) return;
        tail_.append(bytes);
        if (tail_.size() > 2 * tail_cap_ + 65536) cut();
    }
    std::string take(std::uint64_t& dropped) {
        if (tail_.size() > tail_cap_) cut();
        dropped = dropped_;
        if (dropped_ > 0 && tail_cap_ > 0) head_ += cat("\n… ", dropped_, " bytes left out …\n");
        head_ += tail_;
        return std::move(head_);
    }

   private:
    void cut() {
        const std::size_t gone = tail_.size() - tail_cap_;
        tail_.erase(0, gone);
        dropped_ += gone;
    }
    std::size_t head_cap_;
    std::size_t tail_cap_;
    std::string head_;
    std::string tail_;
    std::uint64_t dropped_ = 0;
};

// Of a stream that may have any volume: its beginning as it is, then only the lines that begin with a given text.
class Sieve {
   public:
    explicit Sieve(std::string_view wanted) : wanted_(wanted) {}
    // What is kept of the next bytes; valid until the next call.
    std::string_view pass(std::string_view bytes) {
        if (wanted_.empty() || bytes.empty()) return bytes;
        if (seen_ < k_max_noise) {
            seen_ += bytes.size();
            line_ = bytes.back() == '\n' ? Line::Begins : Line::Kept;
            return bytes;
        }
        passed_.clear();
        while (!bytes.empty()) {
            const std::string_view piece = bytes.substr(0, bytes.find('\n') + 1);
            take(piece.empty() ? bytes : piece);
            bytes.remove_prefix(piece.empty() ? bytes.size() : piece.size());
        }
        return passed_;
    }

   private:
    enum class Line { Begins, Kept, Dropped };

    void take(std::string_view piece) {
        if (line_ == Line::Kept) passed_ += piece;
        if (line_ == Line::Begins) {
            begun_ += piece;
            begun_.erase(0, begun_.find_first_not_of(" \t"));  // as who reads the lines does
            const std::string_view begun = begun_;
            if (begun.substr(0, wanted_.size()) == wanted_) {
                line_ = Line::Kept;
                passed_ += begun;
            } else if (wanted_.substr(0, begun.size()) != begun) {
                line_ = Line::Dropped;
            }
        }
        if (piece.back() == '\n') line_ = Line::Begins;
        if (line_ != Line::Begins || piece.back() == '\n') begun_.clear();
    }

    std::string_view wanted_;
    std::uint64_t seen_ = 0;
    Line line_ = Line::Begins;
    std::string begun_;  // of a line that is not decided
    std::string passed_;
};

class LineSplitter {
   public:
    explicit LineSplitter(LineListener* listener) : listener_(listener) {}
    void add(std::string_view bytes) {
        if (listener_ == nullptr) return;
        pending_.append(bytes);
        std::size_t start = 0;
        for (std::size_t end; (end = pending_.find('\n', start)) != std::string::npos; start = end + 1) {
            listener_->line(std::string_view(pending_).substr(start, end - start));
        }
        pending_.erase(0, start);
        constexpr std::size_t k_longest_line = 16u << 20;
        if (pending_.size() > k_longest_line) pending_.clear();
    }

   private:
    LineListener* listener_;
    std::string pending_;
};

// The socket between a running process and who listens to it.
class Channel {
   public:
    explicit Channel(ChannelListener* listener) : listener_(listener) {}
    Status open() {
        if (listener_ == nullptr) return {};
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return system_error("cannot make", "a socket pair", errno);
        ours_ = platform::Fd(ends[0]);
        theirs_ = platform::Fd(ends[1]);
        return {};
    }
    void started() { theirs_ = platform::Fd(); }
    int ours() const { return ours_.valid() ? ours_.get() : -1; }
    int theirs() const { return theirs_.valid() ? theirs_.get() : -1; }

    // What can be read now; false when the listener wants no more of this process.
    bool serve() {
        char buffer[65536];
        const ssize_t n = ::read(ours_.get(), buffer, sizeof buffer);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
        if (n <= 0) {
            ours_ = platform::Fd();
            return true;
        }
        pending_.append(buffer, static_cast<std::size_t>(n));
        std::size_t start = 0;
        for (std::size_t end; (end = pending_.find('\n', start)) != std::string::npos; start = end + 1) {
            if (!reply(std::string_view(pending_).substr(start, end - start))) return false;
        }
        pending_.erase(0, start);
        return pending_.size() <= k_max_message;
    }

   private:
    bool reply(std::string_view line) {
        Result<std::optional<std::string>> answer = listener_->line(line);
        if (!answer.ok()) return false;
        if (!answer->has_value()) return true;
        const std::string text = cat(**answer, "\n");
        for (std::size_t sent = 0; sent < text.size();) {
            const ssize_t n = ::send(ours_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return true;  // it does not listen: its end will tell
            sent += static_cast<std::size_t>(n);
        }
        return true;
    }

    ChannelListener* listener_;
    platform::Fd ours_, theirs_;
    std::string pending_;
};

// One stream of a running process: reads what is there; false at its end.
bool drain_some(int fd, Capture& capture, Sieve* sieve, LineSplitter* lines) {
    char buffer[65536];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    if (n == 0) return false;
    const std::string_view bytes(buffer, static_cast<std::size_t>(n));
    capture.add(sieve == nullptr ? bytes : sieve->pass(bytes));
    if (lines != nullptr) lines->add(bytes);
    return true;
}

void drain_rest(int fd, Capture& capture, Sieve* sieve, LineSplitter* lines) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    while (true) {
        struct pollfd waiting {
            fd, POLLIN, 0
        };
        if (::poll(&waiting, 1, 0) <= 0 || !drain_some(fd, capture, sieve, lines)) return;
    }
}

bool has_ended(ProcessId pid) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != EINTR;
    return info.si_pid == pid;
}

void wait_without_reaping(ProcessId pid) {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
}

// While the leader is not reaped its number cannot be another group's.
void kill_rest_of_group(ProcessId pid) { ::kill(-pid, SIGKILL); }

void reap_group(ProcessId pid) {
    while (::waitpid(-pid, nullptr, WNOHANG) > 0) {
    }
}

std::vector<ProcessId> children_of_this_process() {
    std::vector<ProcessId> found;
#if defined(__linux__)
    Result<std::vector<platform::DirectoryEntry>> tasks = platform::list_directory("/proc/self/task");
    if (!tasks.ok()) return found;
    for (const platform::DirectoryEntry& task : *tasks) {
        std::optional<std::string> text = platform::find_file_bytes(cat("/proc/self/task/", task.name, "/children"));
        if (!text) continue;
        for (const std::string& word : split_words(*text))
            found.push_back(static_cast<ProcessId>(std::atoi(word.c_str())));
    }
#endif
    return found;
}

// Of a process that somebody left: nullopt when it has ended by itself.
std::optional<LeftBehind> look_at(ProcessId pid) {
    const std::string directory = cat("/proc/", pid);
    std::optional<std::string> words = platform::find_file_bytes(directory + "/cmdline");
    if (!words || words->empty()) return std::nullopt;
    LeftBehind found;
    while (!words->empty() && words->back() == '\0') words->pop_back();
    found.command = replace_all(*words, std::string_view("\0", 1), " ");
    const std::string variables = platform::find_file_bytes(directory + "/environ").value_or("");
    for (const std::string& variable : split(variables, '\0')) {
        if (variable.compare(0, 7, "TMPDIR=") == 0) found.scratch = variable.substr(7);
    }
    return found;
}

class FileActions {
   public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    posix_spawn_file_actions_t* get() { return &actions_; }

   private:
    posix_spawn_file_actions_t actions_;
};

class Attributes {
   public:
    Attributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t defaults;
        ::sigemptyset(&defaults);
        for (int number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2}) {
            ::sigaddset(&defaults, number);
        }
        ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    posix_spawnattr_t* get() { return &attributes_; }

   private:
    posix_spawnattr_t attributes_;
};

Result<std::string> find_executable(const ProcessSpec& spec) {
    if (spec.argv.empty()) return bug("a process without arguments");
    if (contains(spec.argv.front(), "/")) return spec.argv.front();
    auto path = spec.env.find("PATH");
    std::optional<std::string> found =
        platform::find_program(spec.argv.front(), path == spec.env.end() ? "" : path->second);
    if (found) return *found;
    return environment_error(cat("the program ", spec.argv.front(), " is not there"),
                             "install it, or name it by its path");
}

std::int64_t microseconds(const struct timeval& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

}  // namespace process_detail

std::string describe_end(const ProcessEnd& end) {
    if (end.cancelled) return "interrupted";
    if (end.signal == 0) return cat("exit code ", end.exit_code);
    const char* name = ::strsignal(end.signal);
    std::string text = cat("killed by signal ", end.signal, " (", name == nullptr ? "?" : name, ")");
    if (end.signal == SIGKILL) text += ", perhaps because memory ran out";
    return text;
}

Processes::Processes(Isolation isolation) : isolation_(std::move(isolation)) {
    Result<process_detail::Pipe> pipe = process_detail::make_pipe();
    if (!pipe.ok()) abort_bug(pipe.error().message);
    cancel_read_ = std::move(pipe->reading);
    cancel_write_ = std::move(pipe->writing);
    for (ProcessId pid : process_detail::children_of_this_process()) not_ours_.insert(pid);
    ::signal(SIGPIPE, SIG_IGN);  // a worker that died must not take this process along; children
                                 // get the default back
#if defined(__linux__)
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

Processes::~Processes() {
    cancel();
    (void)end_orphans();
}

void Processes::cancel() {
    std::lock_guard lock(mutex_);
    if (!cancelled_) {
        cancelled_ = true;
        const char byte = 'c';
        while (::write(cancel_write_.get(), &byte, 1) < 0 && errno == EINTR) {
        }
    }
    for (ProcessId pid : live_) ::kill(-pid, SIGTERM);
}

bool Processes::cancelled() const {
    std::lock_guard lock(mutex_);
    return cancelled_;
}

void Processes::resume() {
    std::lock_guard lock(mutex_);
    if (!cancelled_) return;
    char byte = 0;
    while (::read(cancel_read_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    cancelled_ = false;
}

void Processes::forget(ProcessId pid) {
    std::lock_guard lock(mutex_);
    live_.erase(pid);
}

// Processes that left their group and lost their parent are children of this one now.
std::vector<LeftBehind> Processes::end_orphans() {
    std::vector<LeftBehind> ended;
    for (int round = 0; round < 20; ++round) {
        bool any = false;
        for (ProcessId pid : process_detail::children_of_this_process()) {
            std::lock_guard lock(mutex_);
            if (not_ours_.count(pid) > 0 || live_.count(pid) > 0) continue;
            any = true;
            std::optional<LeftBehind> seen = process_detail::look_at(pid);
            if (seen) ended.push_back(std::move(*seen));
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, WNOHANG);
        }
        if (!any) break;
        ::usleep(1000);
    }
    return ended;
}

namespace process_detail {

// Calls of the thread that starts a process are heard as well, and it waits for their answers.
void answer_until(CallWatch& watch, int installed, int started) {
    struct pollfd first {
        installed, POLLIN, 0
    };
    while (::poll(&first, 1, -1) < 0 && errno == EINTR) {
    }
    while (true) {
        struct pollfd waiting[2] = {{started, POLLIN, 0}, {watch.descriptor(), POLLIN, 0}};
        if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return;
        if ((waiting[1].revents & POLLIN) != 0) watch.answer();
        if ((waiting[1].revents & (POLLHUP | POLLERR)) != 0) watch.close();
        if (waiting[0].revents != 0) return;
    }
}

}  // namespace process_detail

template <class Start>
bool Processes::start_apart(const ProcessSpec& spec, CallWatch* watch, const Start& start) {
    using namespace process_detail;
    bool limited = false;
    Pipe installed;
    Pipe started;
    const bool answers = watch != nullptr && watch->hears_reads();
    if (answers) {
        Result<Pipe> first = make_pipe();
        Result<Pipe> second = make_pipe();
        if (!first.ok() || !second.ok()) return false;
        installed = std::move(*first);
        started = std::move(*second);
    }
    std::thread thread([&] {
        limited = isolation_.apply(spec.reach, spec.randomise);
        if (watch != nullptr) watch->install();
        installed.writing = platform::Fd();  // the other end hears of it
        if (limited) start();
        started.writing = platform::Fd();
    });
    if (answers) answer_until(*watch, installed.reading.get(), started.reading.get());
    thread.join();
    return limited;
}

Result<ProcessId> Processes::spawn(const ProcessSpec& spec, const Descriptors& given, CallWatch* watch) {
    using namespace process_detail;
    TRY(program, find_executable(spec));
    std::vector<std::string> variables;
    for (const auto& [name, value] : spec.env) variables.push_back(cat(name, "=", value));
    std::vector<char*> argv;
    std::vector<char*> envp;
    for (const std::string& argument : spec.argv) argv.push_back(const_cast<char*>(argument.c_str()));
    for (const std::string& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
    argv.push_back(nullptr);
    envp.push_back(nullptr);

    FileActions actions;
    if (given.in >= 0) {
        ::posix_spawn_file_actions_adddup2(actions.get(), given.in, 0);
    } else {
        ::posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(actions.get(), given.out, 1);
    ::posix_spawn_file_actions_adddup2(actions.get(), given.err, 2);
    for (int fd : spec.inherited) ::posix_spawn_file_actions_adddup2(actions.get(), fd, fd);  // clears CLOEXEC
    if (given.channel >= 0) ::posix_spawn_file_actions_adddup2(actions.get(), given.channel, k_channel_descriptor);
    if (!spec.cwd.empty()) ::posix_spawn_file_actions_addchdir_np(actions.get(), spec.cwd.c_str());

    Attributes attributes;
    ProcessId pid = -1;
    int problem = 0;
    auto start = [&] {
        problem = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), argv.data(), envp.data());
    };
    {
        // Under the lock: a cancel either comes first, or finds the new group in live_.
        std::lock_guard lock(mutex_);
        if (cancelled_) return Error(ErrorKind::Cancelled, "interrupted");
        if (!isolation_.any() && !spec.reach.limits_reads() && spec.randomise == Randomise::Yes && watch == nullptr) {
            start();
        } else if (!start_apart(spec, watch, start)) {
            return environment_error(cat("cannot limit what ", program, " reads: this kernel's Landlock refuses it"));
        }
        if (problem == 0) live_.insert(pid);
    }
    if (problem == 0) return pid;
    if (!spec.cwd.empty() && !platform::is_directory(spec.cwd)) {
        return environment_error(cat("cannot start ", program, ": its directory ", spec.cwd, " is not there"));
    }
    if (problem == E2BIG) return environment_error(cat("cannot start ", program, ": the command line is too long"));
    return system_error("cannot start", program, problem);
}

Result<ProcessEnd> Processes::run(const ProcessSpec& spec) {
    using namespace process_detail;
    TRY(out_pipe, make_pipe());
    TRY(err_pipe, make_pipe());
    const std::int64_t start = monotonic_us();
    CallWatch watch(spec.watch);
    Channel channel(spec.channel);
    TRY_VOID(channel.open());
    TRY(pid, spawn(spec, {-1, out_pipe.writing.get(), err_pipe.writing.get(), channel.theirs()},
                   spec.watch.empty() ? nullptr : &watch));
    out_pipe.writing = platform::Fd();
    err_pipe.writing = platform::Fd();
    channel.started();
#if defined(SYS_pidfd_open)
    platform::Fd end_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#else
    platform::Fd end_fd;
#endif
    Capture out(k_max_stdout, 0);
    Capture err(k_max_stderr_head, k_max_stderr_tail);
    Sieve sieve(spec.wanted);
    LineSplitter lines(spec.stderr_lines);
    ProcessEnd end;
    bool out_open = true;
    bool err_open = true;
    bool killed = false;
    std::int64_t term_at = 0;
    while (true) {
        struct pollfd waiting[6] = {{out_open ? out_pipe.reading.get() : -1, POLLIN, 0},
                                    {err_open ? err_pipe.reading.get() : -1, POLLIN, 0},
                                    {end_fd.get(), POLLIN, 0},
                                    {end.cancelled ? -1 : cancel_read_.get(), POLLIN, 0},
                                    {watch.descriptor(), POLLIN, 0},
                                    {channel.ours(), POLLIN, 0}};
        const int timeout = end_fd.valid() && !(end.cancelled && !killed) ? -1 : k_poll_ms;
        if (::poll(waiting, 6, timeout) < 0 && errno != EINTR) break;
        if (waiting[0].revents != 0) out_open = drain_some(out_pipe.reading.get(), out, &sieve, nullptr);
        if (waiting[1].revents != 0) err_open = drain_some(err_pipe.reading.get(), err, nullptr, &lines);
        if ((waiting[4].revents & POLLIN) != 0) watch.answer();
        if ((waiting[4].revents & (POLLHUP | POLLERR)) != 0) watch.close();
        const bool refused = waiting[5].revents != 0 && !channel.serve();
        if (waiting[3].revents != 0 || (refused && !end.cancelled)) {
            end.cancelled = true;
            term_at = monotonic_us();
            ::kill(-pid, SIGTERM);
        }
        if (end.cancelled && !killed && monotonic_us() - term_at > k_grace_us) {
            killed = true;
            ::kill(-pid, SIGKILL);
        }
        if (waiting[2].revents != 0 || (!end_fd.valid() && has_ended(pid))) break;
    }
    wait_without_reaping(pid);
    kill_rest_of_group(pid);
    if (out_open) drain_rest(out_pipe.reading.get(), out, &sieve, nullptr);
    if (err_open) drain_rest(err_pipe.reading.get(), err, nullptr, &lines);
    forget(pid);
    int status = 0;
    struct rusage usage {};
    while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    reap_group(pid);
    end.heard = watch.heard();
    end.wall_us = monotonic_us() - start;
    end.cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    end.max_rss_kb = usage.ru_maxrss;
    if (WIFSIGNALED(status)) {
        end.signal = WTERMSIG(status);
    } else {
        end.exit_code = WEXITSTATUS(status);
    }
    end.out = out.take(end.out_dropped);
    end.err = err.take(end.err_dropped);
    return end;
}

Result<Companion> Processes::start_companion(const ProcessSpec& spec) {
    using namespace process_detail;
    TRY(in_pipe, make_pipe());
    TRY(out_pipe, make_pipe());
    TRY(err_pipe, make_pipe());
    TRY(pid, spawn(spec, {in_pipe.reading.get(), out_pipe.writing.get(), err_pipe.writing.get()}));
    Companion companion;
    companion.owner_ = this;
    companion.pid_ = pid;
    companion.to_ = std::move(in_pipe.writing);
    companion.from_ = std::move(out_pipe.reading);
    companion.errors_ = std::move(err_pipe.reading);
    return companion;
}

Companion::Companion(Companion&& other) noexcept { *this = std::move(other); }

Companion& Companion::operator=(Companion&& other) noexcept {
    if (this == &other) return *this;
    stop();
    owner_ = other.owner_;
    pid_ = std::exchange(other.pid_, -1);
    to_ = std::move(other.to_);
    from_ = std::move(other.from_);
    errors_ = std::move(other.errors_);
    pending_ = std::move(other.pending_);
    said_ = std::move(other.said_);
    return *this;
}

Companion::~Companion() { stop(); }

void Companion::stop() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    process_detail::wait_without_reaping(pid_);
    process_detail::kill_rest_of_group(pid_);
    owner_->forget(pid_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_detail::reap_group(pid_);
    pid_ = -1;
}

Error Companion::died() const {
    Error error = environment_error("a worker process died");
    error.output = said_;
    return error;
}

Status Companion::send(std::string_view line) {
    std::string bytes = cat(line, "\n");
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const ssize_t n = ::write(to_.get(), rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return died();
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<std::string> Companion::read_line() {
    while (true) {
        const std::size_t end = pending_.find('\n');
        if (end != std::string::npos) {
            std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return line;
        }
        if (pending_.size() > k_max_stdout) return died();
        struct pollfd waiting[3] = {
            {from_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}, {owner_->cancel_descriptor(), POLLIN, 0}};
        if (::poll(waiting, 3, -1) < 0 && errno != EINTR) return died();
        char buffer[65536];
        if (waiting[1].revents != 0) {
            const ssize_t n = ::read(errors_.get(), buffer, sizeof buffer);
            if (n > 0 && said_.size() < k_max_stderr_head) said_.append(buffer, static_cast<std::size_t>(n));
            if (n == 0) errors_ = platform::Fd();
        }
        if (waiting[2].revents != 0) return Error(ErrorKind::Cancelled, "interrupted");
        if (waiting[0].revents != 0) {
            const ssize_t n = ::read(from_.get(), buffer, sizeof buffer);
            if (n == 0) return died();
            if (n > 0) pending_.append(buffer, static_cast<std::size_t>(n));
        }
    }
}

}  // namespace cermet::exec
