// The operating system on POSIX: files, copies, maps, locks (trees and host facts: tree_, host_).
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::platform {

namespace os_posix_detail {

constexpr std::size_t k_chunk = std::size_t{128} * 1024;

Fd open_file(const std::string& path, int flags, mode_t mode = 0) {
    while (true) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EINTR) return Fd(fd);
    }
}

std::int64_t nanoseconds(const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

FileKind kind_of(mode_t mode) {
    if (S_ISREG(mode)) return FileKind::File;
    if (S_ISDIR(mode)) return FileKind::Directory;
    if (S_ISLNK(mode)) return FileKind::Symlink;
    return FileKind::Other;
}

// Appends everything up to the end of the file. 0 or an errno.
int read_rest(int fd, std::string& out, std::size_t expected) {
    std::size_t used = out.size();
    std::size_t want = expected + 1;  // one more byte: the read that finds the end needs no second buffer
    while (true) {
        out.resize(used + want);
        const ssize_t n = ::read(fd, out.data() + used, want);
        if (n < 0) {
            if (errno == EINTR) continue;
            const int problem = errno;
            out.resize(used);
            return problem;
        }
        used += static_cast<std::size_t>(n);
        if (n == 0) {
            out.resize(used);
            return 0;
        }
        want = static_cast<std::size_t>(n) < want ? want - static_cast<std::size_t>(n) : k_chunk;
    }
}

int write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

// Copies from the descriptors' positions to the end. 0 or an errno.
int copy_rest(int from, int to) {
#if defined(__linux__)
    while (true) {
        const ssize_t n = ::copy_file_range(from, nullptr, to, nullptr, std::size_t{1} << 30, 0);
        if (n > 0) continue;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == ENOSPC || errno == EIO || errno == EDQUOT)) return errno;
        break;  // the end, or this pair of files cannot; reading tells which (/proc files claim to
                // be empty)
    }
#endif
    std::string buffer(k_chunk, '\0');
    while (true) {
        const ssize_t n = ::read(from, buffer.data(), buffer.size());
        if (n == 0) return 0;
        if (n < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        const int problem = write_all(to, {buffer.data(), static_cast<std::size_t>(n)});
        if (problem != 0) return problem;
    }
}

// A new file beside the target, which becomes the target when it is complete; removed when it never
// is.
class Replacement {
   public:
    static Result<Replacement> create(const std::string& target);
    Replacement(Replacement&& other) noexcept
        : target_(std::move(other.target_)),
          temporary_(std::exchange(other.temporary_, {})),
          fd_(std::move(other.fd_)) {}
    Replacement& operator=(Replacement&&) = delete;
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    ~Replacement() {
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
    }
    int fd() const { return fd_.get(); }
    // The mode is set on the descriptor: the umask plays no part. Closed before the rename: a late
    // write error counts.
    Status finish(std::uint32_t mode) {
        if (::fchmod(fd_.get(), static_cast<mode_t>(mode)) != 0) {
            return system_error("set the mode of", temporary_, errno);
        }
        if (::close(fd_.release()) != 0 && errno != EINTR) return system_error("write", target_, errno);
        if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
            return system_error("write", target_, errno);
        }
        temporary_.clear();
        return {};
    }

   private:
    Replacement(std::string target, std::string temporary, Fd fd)
        : target_(std::move(target)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}
    std::string target_, temporary_;
    Fd fd_;
};

Result<Replacement> Replacement::create(const std::string& target) {
    static std::atomic<unsigned> counter{0};
    const std::string directory(parent(target));
    const std::string prefix = directory.empty() ? "" : directory == "/" ? "/" : directory + "/";
    while (true) {
        const unsigned number = counter.fetch_add(1, std::memory_order_relaxed);
        // The process id is not unique across containers that share a directory; O_EXCL decides,
        // the next number wins.
        std::string temporary = cat(prefix, ".cermet-", static_cast<long>(::getpid()), "-", number, ".tmp");
        Fd fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd.valid()) return Replacement(target, std::move(temporary), std::move(fd));
        if (errno != EEXIST) return system_error("create a file beside", target, errno);
    }
}

}  // namespace os_posix_detail

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

int Fd::release() { return std::exchange(fd_, -1); }

FileInfo stat_file(const std::string& path, FollowLinks follow) {
    struct stat st = {};
    const int flags = follow == FollowLinks::Yes ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(AT_FDCWD, path.c_str(), &st, flags) != 0) return {};
    FileInfo out;
    out.kind = os_posix_detail::kind_of(st.st_mode);
    out.device = static_cast<std::uint64_t>(st.st_dev);
    out.inode = static_cast<std::uint64_t>(st.st_ino);
    out.size = static_cast<std::uint64_t>(st.st_size);
#if defined(__APPLE__)
    out.mtime_ns = os_posix_detail::nanoseconds(st.st_mtimespec);
    out.ctime_ns = os_posix_detail::nanoseconds(st.st_ctimespec);
#else
    out.mtime_ns = os_posix_detail::nanoseconds(st.st_mtim);
    out.ctime_ns = os_posix_detail::nanoseconds(st.st_ctim);
#endif
    out.mode = static_cast<std::uint32_t>(st.st_mode & 07777);
    out.links = static_cast<std::uint32_t>(st.st_nlink);
    return out;
}

bool exists(const std::string& path) { return stat_file(path).kind != FileKind::Absent; }

bool is_directory(const std::string& path) { return stat_file(path).kind == FileKind::Directory; }

bool is_file(const std::string& path) { return stat_file(path).kind == FileKind::File; }

Result<std::string> read_link(const std::string& path) {
    std::string out(256, '\0');
    while (true) {
        const ssize_t n = ::readlink(path.c_str(), out.data(), out.size());
        if (n < 0) return system_error("read the link", path, errno);
        if (static_cast<std::size_t>(n) < out.size()) {
            out.resize(static_cast<std::size_t>(n));
            return out;
        }
        out.resize(out.size() * 2);
    }
}

Result<std::string> real_path(const std::string& path) {
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr) return system_error("resolve", path, errno);
    constexpr std::string_view k_root = "/proc/self/root";
    const bool through_root = path.compare(0, k_root.size() + 1, std::string(k_root) + "/") == 0;
    std::string out = (through_root ? std::string(k_root) : std::string()) + resolved;
    std::free(resolved);  // NOLINT: realpath allocates
    return out;
}

Result<std::string> read_file(const std::string& path) {
    const Fd fd = os_posix_detail::open_file(path, O_RDONLY);
    if (!fd.valid()) return system_error("open", path, errno);
    struct stat st = {};
    if (::fstat(fd.get(), &st) != 0) return system_error("read", path, errno);
    if (S_ISDIR(st.st_mode)) return system_error("read", path, EISDIR);
    const std::size_t size = S_ISREG(st.st_mode) ? static_cast<std::size_t>(st.st_size) : 0;
    std::string out;
    const int problem = os_posix_detail::read_rest(fd.get(), out, size == 0 ? os_posix_detail::k_chunk : size);
    if (problem != 0) return system_error("read", path, problem);
    return out;
}

std::optional<std::string> find_file_bytes(const std::string& path) {
    Result<std::string> bytes = read_file(path);
    if (!bytes.ok()) return std::nullopt;
    return std::move(*bytes);
}

Status write_file_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode) {
    TRY(replacement, os_posix_detail::Replacement::create(path));
    const int problem = os_posix_detail::write_all(replacement.fd(), bytes);
    if (problem != 0) return system_error("write", path, problem);
    return replacement.finish(mode);
}

Status write_file(const std::string& path, std::string_view bytes, std::uint32_t mode) {
    Fd fd = os_posix_detail::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, static_cast<mode_t>(mode));
    if (!fd.valid()) return system_error("open", path, errno);
    const int problem = os_posix_detail::write_all(fd.get(), bytes);
    if (problem != 0) return system_error("write", path, problem);
    if (::close(fd.release()) != 0 && errno != EINTR) return system_error("write", path, errno);
    return {};
}

Status append_file(const std::string& path, std::string_view bytes) {
    Fd fd = os_posix_detail::open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (!fd.valid()) return system_error("open", path, errno);
    const int problem = os_posix_detail::write_all(fd.get(), bytes);
    if (problem != 0) return system_error("append to", path, problem);
    if (::close(fd.release()) != 0 && errno != EINTR) return system_error("append to", path, errno);
    return {};
}

Status remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
        return system_error("remove", path, errno);
    }
    return {};
}

Status rename_path(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return system_error(cat("rename ", from, " to"), to, errno);
}

Status hard_link(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    return system_error(cat("link ", from, " to"), to, errno);
}

Status make_symlink(const std::string& target, const std::string& path) {
    if (::symlink(target.c_str(), path.c_str()) == 0) return {};
    return system_error("create the link", path, errno);
}

Status set_mode(const std::string& path, std::uint32_t mode) {
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0) return {};
    return system_error("set the mode of", path, errno);
}

Status set_times(const std::string& path, std::int64_t mtime_ns) {
    timespec t = {};
    std::int64_t seconds = mtime_ns / 1'000'000'000, rest = mtime_ns % 1'000'000'000;
    if (rest < 0) {
        rest += 1'000'000'000;
        --seconds;
    }
    t.tv_sec = static_cast<time_t>(seconds);
    t.tv_nsec = static_cast<long>(rest);
    const timespec both[2] = {t, t};
    if (::utimensat(AT_FDCWD, path.c_str(), both, 0) == 0) return {};
    return system_error("set the time of", path, errno);
}

Status copy_file(const std::string& from, const std::string& to, std::uint32_t mode) {
    const Fd source = os_posix_detail::open_file(from, O_RDONLY);
    if (!source.valid()) return system_error("open", from, errno);
    TRY(replacement, os_posix_detail::Replacement::create(to));
    const int problem = os_posix_detail::copy_rest(source.get(), replacement.fd());
    if (problem != 0) return system_error(cat("copy ", from, " to"), to, problem);
    return replacement.finish(mode);
}

Result<MappedFile> MappedFile::open(const std::string& path) {
    const Fd fd = os_posix_detail::open_file(path, O_RDONLY);
    if (!fd.valid()) return system_error("open", path, errno);
    struct stat st = {};
    if (::fstat(fd.get(), &st) != 0) return system_error("read", path, errno);
    if (S_ISDIR(st.st_mode)) return system_error("read", path, EISDIR);
    MappedFile out;
    const auto size = static_cast<std::size_t>(st.st_size);
    if (size == 0) return out;
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (data == MAP_FAILED) return system_error("map", path, errno);
    out.data_ = data;
    out.size_ = size;
    return out;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

namespace os_posix_detail {

int lock_operation(LockKind kind, LockWait wait) {
    return (kind == LockKind::Shared ? LOCK_SH : LOCK_EX) | (wait == LockWait::No ? LOCK_NB : 0);
}

// 0, EWOULDBLOCK, or another errno.
int lock_fd(int fd, int operation) {
    while (::flock(fd, operation) != 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

// An invalid Fd: held by another.
Result<Fd> take_lock(const std::string& path, LockKind kind, LockWait wait) {
    while (true) {
        Fd fd = open_file(path, O_RDWR | O_CREAT, 0666);
        // A lock needs no write access to the file: another user's cache may be readable only.
        if (!fd.valid() && (errno == EACCES || errno == EROFS)) fd = open_file(path, O_RDONLY);
        if (!fd.valid()) return system_error("open the lock", path, errno);
        const int problem = lock_fd(fd.get(), lock_operation(kind, wait));
        if (problem == EWOULDBLOCK) return Fd();
        if (problem != 0) return system_error("lock", path, problem);
        // The holder before us may have removed the file: then we hold a lock that nobody else will
        // ever meet.
        struct stat ours = {}, theirs = {};
        if (::fstat(fd.get(), &ours) == 0 && ::stat(path.c_str(), &theirs) == 0 && ours.st_dev == theirs.st_dev &&
            ours.st_ino == theirs.st_ino) {
            return fd;
        }
    }
}

}  // namespace os_posix_detail

Result<FileLock> FileLock::take(const std::string& path, LockKind kind) {
    TRY(fd, os_posix_detail::take_lock(path, kind, LockWait::Yes));
    return FileLock(std::move(fd));
}

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path, LockKind kind) {
    TRY(fd, os_posix_detail::take_lock(path, kind, LockWait::No));
    if (!fd.valid()) return std::optional<FileLock>();
    return std::optional<FileLock>(FileLock(std::move(fd)));
}

Status FileLock::convert(LockKind kind) {
    const int problem = os_posix_detail::lock_fd(fd_.get(), os_posix_detail::lock_operation(kind, LockWait::Yes));
    if (problem != 0) return system_error("convert a lock", "", problem);
    return {};
}

void FileLock::let_children_inherit() {
    const int flags = ::fcntl(fd_.get(), F_GETFD);
    if (flags >= 0) ::fcntl(fd_.get(), F_SETFD, flags & ~FD_CLOEXEC);
}

}  // namespace cermet::platform
