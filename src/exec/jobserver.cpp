// Jobserver on POSIX systems: see jobserver.h.
// SPDX-License-Identifier: MIT
#include "exec/jobserver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>

#include "base/text.h"

namespace cermet::exec {

namespace jobserver_detail {

constexpr char k_token = '+';
constexpr int k_first_descriptor = 10;  // above what shells and scripts redirect

bool is_pipe(int fd) {
    struct stat s {};
    return fd >= 0 && ::fstat(fd, &s) == 0 && S_ISFIFO(s.st_mode);
}

bool may(int fd, int wanted) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) return false;
    const int access = flags & O_ACCMODE;
    return access == O_RDWR || access == wanted;
}

std::optional<int> number(std::string_view text) {
    int out = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (failed != std::errc() || end != text.data() + text.size() || out < 0) return std::nullopt;
    return out;
}

void set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0) (void)::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

// The descriptors that children are told must not be 0 to 9.
platform::Fd moved_up(platform::Fd fd) {
    const int high = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, k_first_descriptor);
    return high < 0 ? std::move(fd) : platform::Fd(high);
}

Status make_pipe(platform::Fd& read_end, platform::Fd& write_end) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make", "a pipe", errno);
    read_end = platform::Fd(ends[0]);
    write_end = platform::Fd(ends[1]);
    return {};
}

Status write_byte(int fd, char byte) {
    while (true) {
        const ssize_t n = ::write(fd, &byte, 1);
        if (n == 1) return {};
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {  // full: the pipe holds thousands of tokens, so they are not ours
            return environment_error("the jobserver takes no more tokens");
        }
        return system_error("cannot give back a job token to", "the jobserver", n < 0 ? errno : EPIPE);
    }
}

// Fifos that killed processes left.
void remove_dead_fifos(const std::string& directory) {
    constexpr std::string_view k_prefix = "jobserver-";
    const auto entries = platform::list_directory(directory);
    if (!entries) return;
    for (const platform::DirectoryEntry& entry : *entries) {
        if (entry.name.substr(0, k_prefix.size()) != k_prefix) continue;
        const std::vector<std::string> parts = split(entry.name, '-');
        const std::optional<int> pid = number(parts[1]);
        if (pid && *pid > 0 && ::kill(*pid, 0) != 0 && errno == ESRCH)
            (void)::unlink(cat(directory, "/", entry.name).c_str());
    }
}

}  // namespace jobserver_detail

std::optional<JobserverAddress> parse_makeflags(std::string_view flags) {
    std::optional<JobserverAddress> found;
    for (const std::string& word : split_words(flags)) {
        if (word == "--") break;  // variable definitions follow
        std::string_view value = word;
        bool known = false;
        for (const std::string_view option : {"--jobserver-auth=", "--jobserver-fds="}) {
            if (value.substr(0, option.size()) != option) continue;
            value.remove_prefix(option.size());
            known = true;
            break;
        }
        if (!known) continue;
        JobserverAddress address;
        if (value.substr(0, 5) == "fifo:") {
            address.fifo = std::string(value.substr(5));
            if (!address.fifo.empty()) found = address;
            continue;
        }
        const std::size_t comma = value.find(',');
        if (comma == std::string_view::npos) continue;
        const auto read_fd = jobserver_detail::number(value.substr(0, comma));
        const auto write_fd = jobserver_detail::number(value.substr(comma + 1));
        if (!read_fd || !write_fd) {
            found.reset();  // "-2,-2": make says that there is one, but not for this command
            continue;
        }
        address.read_fd = *read_fd;
        address.write_fd = *write_fd;
        found = address;
    }
    return found;
}

Jobserver::Token& Jobserver::Token::operator=(Token&& other) noexcept {
    if (this == &other) return *this;
    release();
    owner_ = other.owner_;
    byte_ = other.byte_;
    other.owner_ = nullptr;
    return *this;
}

void Jobserver::Token::release() {
    if (owner_ == nullptr) return;
    Jobserver* owner = owner_;
    owner_ = nullptr;
    owner->give_back(byte_);
}

// poll_read_ from a path: a fifo's own, or that of a pipe under /proc or /dev/fd.
Status Jobserver::open_own_ends(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return system_error("cannot open", path, errno);
    poll_read_ = platform::Fd(fd);
    if (!jobserver_detail::is_pipe(fd)) return environment_error(cat(path, " is not a pipe"));
    return {};
}

Result<std::unique_ptr<Jobserver>> Jobserver::connect(const JobserverAddress& address) {
    using namespace jobserver_detail;
    std::unique_ptr<Jobserver> out(new Jobserver());
    TRY_VOID(make_pipe(out->wake_read_, out->wake_write_));
    set_nonblocking(out->wake_read_.get());
    set_nonblocking(out->wake_write_.get());
    if (!address.fifo.empty()) {
        // Read-write: opening never waits for the other side.
        const int fd = ::open(address.fifo.c_str(), O_RDWR | O_CLOEXEC);
        if (fd < 0) return system_error("cannot open the jobserver's", address.fifo, errno);
        out->owned_write_ = moved_up(platform::Fd(fd));
        if (!is_pipe(out->owned_write_.get())) return environment_error(cat(address.fifo, " is not a fifo"));
        TRY_VOID(out->open_own_ends(address.fifo));
        out->fifo_ = address.fifo;
        out->read_fd_ = out->write_fd_ = out->owned_write_.get();
        return out;
    }
    if (!is_pipe(address.read_fd) || !is_pipe(address.write_fd) || !may(address.read_fd, O_RDONLY) ||
        !may(address.write_fd, O_WRONLY)) {
        return environment_error(cat("its descriptors ", address.read_fd, ",", address.write_fd, " are not open here"),
                                 "in a makefile, mark the command with + so that make passes its jobserver on");
    }
    out->read_fd_ = address.read_fd;
    out->write_fd_ = address.write_fd;
    if (!out->open_own_ends(cat("/proc/self/fd/", address.read_fd))) {
        out->poll_read_ = platform::Fd(::fcntl(address.read_fd, F_DUPFD_CLOEXEC, k_first_descriptor));
        out->blocking_ = true;
    }
    // Children get them only where the spawner says so.
    (void)::fcntl(address.read_fd, F_SETFD, FD_CLOEXEC);
    (void)::fcntl(address.write_fd, F_SETFD, FD_CLOEXEC);
    return out;
}

std::optional<std::unique_ptr<Jobserver>> Jobserver::inherit(const std::map<std::string, std::string>& environment,
                                                             std::string& notice) {
    for (const char* name : {"CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"}) {
        const auto found = environment.find(name);
        if (found == environment.end() || found->second.empty()) continue;
        const std::optional<JobserverAddress> address = parse_makeflags(found->second);
        if (!address) continue;
        auto connected = connect(*address);
        if (connected) return std::move(*connected);
        notice = cat("the jobserver in ", name, " cannot be used: ", connected.error().message);
        if (!connected.error().hint.empty()) notice += cat(" (", connected.error().hint, ")");
        return std::nullopt;
    }
    return std::nullopt;
}

Result<std::unique_ptr<Jobserver>> Jobserver::serve(const std::string& directory, int jobs) {
    using namespace jobserver_detail;
    static std::atomic<int> counter{0};
    std::unique_ptr<Jobserver> out;
    if (jobs < 1) jobs = 1;
    if (!directory.empty()) {
        remove_dead_fifos(directory);
        JobserverAddress address;
        address.fifo = cat(directory, "/jobserver-", static_cast<long long>(::getpid()), "-", counter.fetch_add(1));
        if (::mkfifo(address.fifo.c_str(), 0600) == 0) {
            auto connected = connect(address);
            if (connected) {
                out = std::move(*connected);
            } else {
                (void)::unlink(address.fifo.c_str());
            }
        }
    }
    if (!out) {
        platform::Fd read_end;
        platform::Fd write_end;
        TRY_VOID(make_pipe(read_end, write_end));
        JobserverAddress address;
        read_end = moved_up(std::move(read_end));
        write_end = moved_up(std::move(write_end));
        address.read_fd = read_end.get();
        address.write_fd = write_end.get();
        TRY(connected, connect(address));
        out = std::move(connected);
        out->owned_read_ = std::move(read_end);
        out->owned_write_ = std::move(write_end);
    }
    out->serving_ = true;
    out->jobs_ = jobs;
    for (int i = 1; i < jobs; ++i) TRY_VOID(write_byte(out->write_fd_, k_token));
    return out;
}

Jobserver::~Jobserver() {
    if (held_ != 0 || !implicit_free_) abort_bug("a jobserver is destroyed while job tokens are held");
    if (serving_ && !fifo_.empty()) (void)::unlink(fifo_.c_str());
}

std::optional<int> Jobserver::claim_implicit() {
    const std::lock_guard<std::mutex> hold(mutex_);
    if (!implicit_free_) return std::nullopt;
    implicit_free_ = false;
    return -1;
}

// One attempt; nullopt: no token now.
Result<std::optional<int>> Jobserver::read_token() {
    if (blocking_) {  // another process may still be faster than we are; then this read waits for the next token
        pollfd ready{poll_read_.get(), POLLIN, 0};
        if (::poll(&ready, 1, 0) <= 0 || (ready.revents & POLLIN) == 0) return std::optional<int>();
    }
    char byte = 0;
    const ssize_t n = ::read(poll_read_.get(), &byte, 1);
    if (n == 1) {
        const std::lock_guard<std::mutex> hold(mutex_);
        ++held_;
        return std::optional<int>(static_cast<unsigned char>(byte));
    }
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return std::optional<int>();
    if (n == 0) return environment_error("the jobserver is gone: its server has ended");
    return system_error("cannot read a job token from", "the jobserver", errno);
}

Result<std::optional<Jobserver::Token>> Jobserver::try_acquire() {
    if (claim_implicit()) return std::optional<Token>(Token(this, -1));
    TRY(byte, read_token());
    if (!byte) return std::optional<Token>();
    return std::optional<Token>(Token(this, *byte));
}

Result<Jobserver::Token> Jobserver::acquire(int cancel_descriptor) {
    while (true) {
        pollfd waiting[3] = {
            {poll_read_.get(), POLLIN, 0}, {wake_read_.get(), POLLIN, 0}, {cancel_descriptor, POLLIN, 0}};
        const nfds_t count = cancel_descriptor >= 0 ? 3 : 2;
        // A cancelled build must not take one more token, free or not.
        if (count == 3 && ::poll(&waiting[2], 1, 0) > 0) return Error(ErrorKind::Cancelled, "cancelled");
        TRY(taken, try_acquire());
        if (taken) return std::move(*taken);
        if (::poll(waiting, count, -1) < 0 && errno != EINTR)
            return system_error("cannot wait for", "the jobserver", errno);
        if ((waiting[1].revents & POLLIN) != 0) {
            char stale[256];
            (void)!::read(wake_read_.get(), stale, sizeof stale);
        }
    }
}

void Jobserver::give_back(int byte) {
    if (byte < 0) {
        {
            const std::lock_guard<std::mutex> hold(mutex_);
            implicit_free_ = true;
        }
        const char wake = 'w';
        (void)!::write(wake_write_.get(), &wake, 1);
        return;
    }
    // make wants back the byte it gave. When that fails the server is gone, and with it everyone who would wait.
    (void)jobserver_detail::write_byte(write_fd_, static_cast<char>(byte));
    const std::lock_guard<std::mutex> hold(mutex_);
    --held_;
}

std::map<std::string, std::string> Jobserver::environment(JobserverText text) const {
    std::string flags;
    if (text == JobserverText::Fifo && has_fifo()) {
        flags = cat("-j --jobserver-auth=fifo:", fifo_);
    } else {
        flags = cat("-j --jobserver-fds=", read_fd_, ",", write_fd_, " --jobserver-auth=", read_fd_, ",", write_fd_);
    }
    return {{"CARGO_MAKEFLAGS", flags}, {"MAKEFLAGS", flags}, {"MFLAGS", flags}};
}

std::vector<int> Jobserver::inherited() const {
    if (read_fd_ == write_fd_) return {read_fd_};
    return {read_fd_, write_fd_};
}

int Jobserver::repair() {
    const std::lock_guard<std::mutex> hold(mutex_);
    if (!serving_ || held_ != 0 || !implicit_free_) return 0;
    int waiting = 0;
    if (::ioctl(poll_read_.get(), FIONREAD, &waiting) != 0) return 0;
    const int difference = jobs_ - 1 - waiting;
    for (int i = 0; i < difference; ++i) (void)jobserver_detail::write_byte(write_fd_, jobserver_detail::k_token);
    for (int i = difference; i < 0; ++i) {
        char byte = 0;
        (void)!::read(poll_read_.get(), &byte, 1);
    }
    return difference;
}

}  // namespace cermet::exec
