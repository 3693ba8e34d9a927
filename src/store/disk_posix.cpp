// Disk on POSIX systems: see disk.h.
// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "store/disk.h"

namespace cermet::store {

namespace disk_detail {

#if defined(__APPLE__)
inline const timespec& accessed(const struct stat& s) { return s.st_atimespec; }
inline const timespec& modified(const struct stat& s) { return s.st_mtimespec; }
inline const timespec& changed(const struct stat& s) { return s.st_ctimespec; }
#else
inline const timespec& accessed(const struct stat& s) { return s.st_atim; }
inline const timespec& modified(const struct stat& s) { return s.st_mtim; }
inline const timespec& changed(const struct stat& s) { return s.st_ctim; }
#endif

inline std::int64_t nanoseconds(const timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

timespec to_timespec(std::int64_t ns) {
    timespec t{};
    t.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    t.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    return t;
}

DiskStat convert(const struct stat& s) {
    DiskStat out;
    out.exists = true;
    out.regular = S_ISREG(s.st_mode);
    out.directory = S_ISDIR(s.st_mode);
    out.device = static_cast<std::uint64_t>(s.st_dev);
    out.inode = static_cast<std::uint64_t>(s.st_ino);
    out.size = static_cast<std::uint64_t>(s.st_size);
    out.links = static_cast<std::uint64_t>(s.st_nlink);
    out.mtime_ns = nanoseconds(modified(s));
    out.ctime_ns = nanoseconds(changed(s));
    out.atime_ns = nanoseconds(accessed(s));
    out.mode = static_cast<std::uint32_t>(s.st_mode) & 07777U;
    return out;
}

void set_times(const std::string& path, timespec accessed_at, timespec modified_at) {
    const timespec times[2] = {accessed_at, modified_at};
    (void)::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

timespec now_time() {
    timespec t{};
    t.tv_nsec = UTIME_NOW;
    return t;
}

timespec omit_time() {
    timespec t{};
    t.tv_nsec = UTIME_OMIT;
    return t;
}

// write(2) until all is written; 0 or an errno.
int write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return EIO;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

Status finish_new_file(platform::Fd fd, const std::string& path, std::uint32_t mode, std::int64_t mtime_ns) {
    int failed = 0;
    const timespec times[2] = {now_time(), to_timespec(mtime_ns)};
    if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) failed = errno;
    if (failed == 0 && ::futimens(fd.get(), times) != 0) failed = errno;
    // Delayed allocation can report a full disk only here.
    if (::close(fd.release()) != 0 && failed == 0 && errno != EINTR) failed = errno;
    if (failed == 0) return {};
    (void)::unlink(path.c_str());
    return disk_error("cannot write", path, failed);
}

constexpr std::size_t k_chunk = std::size_t{256} * 1024;

}  // namespace disk_detail

DiskStat disk_stat(const std::string& path) {
    struct stat s {};
    if (::lstat(path.c_str(), &s) != 0) return {};
    return disk_detail::convert(s);
}

DiskStat disk_stat_followed(const std::string& path) {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return {};
    return disk_detail::convert(s);
}

DiskStat descriptor_stat(int fd) {
    struct stat s {};
    if (::fstat(fd, &s) != 0) return {};
    return disk_detail::convert(s);
}

Error disk_error(std::string_view doing, const std::string& path, int errno_value) {
    Error error = system_error(doing, path, errno_value);
    error.kind = ErrorKind::Environment;
    if (errno_value == ENOSPC || errno_value == EDQUOT) {
        error.message = cat("the disk is full: ", error.message);
        error.hint =
            "free some space, run `cermet cache gc`, or set CERMET_CACHE to a directory on a "
            "larger disk";
    }
    return error;
}

LinkOutcome try_link(const std::string& from, const std::string& to, int& errno_value) {
    if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0) == 0) return LinkOutcome::Done;
    errno_value = errno;
    switch (errno_value) {
        case EEXIST: return LinkOutcome::Exists;
        case ENOENT: return disk_stat(from).exists ? LinkOutcome::NoParent : LinkOutcome::NoSource;
        case EXDEV:
        case EMLINK:
        case EPERM:
        case EACCES:
        case ENOSYS:
#if EOPNOTSUPP != ENOTSUP
        case ENOTSUP:
#endif
        case EOPNOTSUPP: return LinkOutcome::Impossible;
        default: return LinkOutcome::Failed;
    }
}

Result<platform::Fd> open_file(const std::string& path, OpenFor purpose) {
    int flags = O_CLOEXEC | O_RDONLY;
    if (purpose == OpenFor::Appending) flags = O_CLOEXEC | O_RDWR | O_CREAT;
    if (purpose == OpenFor::Creating) flags = O_CLOEXEC | O_RDWR | O_CREAT | O_EXCL;
    const int fd = ::open(path.c_str(), flags, 0644);
    if (fd < 0) return disk_error("cannot open", path, errno);
    return platform::Fd(fd);
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::uint64_t bytes, const std::string& path) {
    std::string out(static_cast<std::size_t>(bytes), '\0');
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return disk_error("cannot read", path, errno);
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    out.resize(done);
    return out;
}

Status write_at(int fd, std::uint64_t offset, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return disk_error("cannot write", path, n < 0 ? errno : EIO);
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return {};
}

Status set_modified(const std::string& path, std::int64_t mtime_ns) {
    const timespec times[2] = {disk_detail::omit_time(), disk_detail::to_timespec(mtime_ns)};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0) return {};
    return disk_error("cannot set the time of", path, errno);
}

void touch_accessed(const std::string& path) {
    disk_detail::set_times(path, disk_detail::now_time(), disk_detail::omit_time());
}

void touch_modified(const std::string& path) {
    disk_detail::set_times(path, disk_detail::omit_time(), disk_detail::now_time());
}

void restore_accessed(const std::string& path, std::int64_t atime_ns) {
    disk_detail::set_times(path, disk_detail::to_timespec(atime_ns), disk_detail::omit_time());
}

Status write_new_file(const std::string& path, std::string_view bytes, std::uint32_t mode, std::int64_t mtime_ns) {
    auto opened = open_file(path, OpenFor::Creating);
    if (!opened) return std::move(opened).error();
    const int failed = disk_detail::write_all(opened->get(), bytes);
    if (failed != 0) {
        (void)::unlink(path.c_str());
        return disk_error("cannot write", path, failed);
    }
    return disk_detail::finish_new_file(std::move(*opened), path, mode, mtime_ns);
}

Status copy_new_file(const std::string& from, const std::string& to, const Digest& expected, std::uint32_t mode,
                     std::int64_t mtime_ns) {
    auto source = open_file(from, OpenFor::Reading);
    if (!source) return std::move(source).error();
    auto target = open_file(to, OpenFor::Creating);
    if (!target) return std::move(target).error();
    Sha256 sha;
    std::string buffer(disk_detail::k_chunk, '\0');
    int failed = 0;
    while (failed == 0) {
        const ssize_t n = ::read(source->get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) failed = errno;
        if (n <= 0) break;
        const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
        sha.update(piece);
        failed = disk_detail::write_all(target->get(), piece);
    }
    if (failed != 0) {
        (void)::unlink(to.c_str());
        return disk_error("cannot copy to", to, failed);
    }
    if (sha.finish() != expected) {
        (void)::unlink(to.c_str());
        return environment_error(cat("lost: the bytes of ", from, " are not those of ", expected.short_hex(16)));
    }
    return disk_detail::finish_new_file(std::move(*target), to, mode, mtime_ns);
}

Result<HashedFile> hash_file(const std::string& path) {
    auto opened = open_file(path, OpenFor::Reading);
    if (!opened) return std::move(opened).error();
    const DiskStat before = descriptor_stat(opened->get());
    if (!before.regular) return environment_error(cat("cannot read ", path, ": not a regular file"));
    Sha256 sha;
    std::string buffer(std::min<std::size_t>(disk_detail::k_chunk, static_cast<std::size_t>(before.size) + 1), '\0');
    std::uint64_t total = 0;
    while (true) {
        const ssize_t n = ::read(opened->get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return disk_error("cannot read", path, errno);
        if (n == 0) break;
        total += static_cast<std::uint64_t>(n);
        sha.update({buffer.data(), static_cast<std::size_t>(n)});
    }
    HashedFile out;
    out.digest = sha.finish();
    out.stat = descriptor_stat(opened->get());
    out.steady = out.stat.unchanged(before) && total == before.size;
    return out;
}

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#if defined(O_NOATIME)
    int fd = ::open(directory.c_str(), flags | O_NOATIME);
    if (fd < 0) fd = ::open(directory.c_str(), flags);
#else
    int fd = ::open(directory.c_str(), flags);
#endif
    if (fd < 0) return names;
    DIR* handle = ::fdopendir(fd);
    if (handle == nullptr) {
        ::close(fd);
        return names;
    }
    while (const dirent* entry = ::readdir(handle)) {
        std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    ::closedir(handle);
    std::sort(names.begin(), names.end());
    return names;
}

std::uint64_t disk_size(const std::string& path) {
    struct statvfs s {};
    if (::statvfs(path.c_str(), &s) != 0) return 0;
    return static_cast<std::uint64_t>(s.f_blocks) * static_cast<std::uint64_t>(s.f_frsize);
}

bool process_alive(long pid) {
    if (pid <= 0) return false;
    return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

// access(2) says yes to root on a read-only mode; only a real file proves it.
bool can_write_directory(const std::string& path) {
    const std::string probe = cat(path, "/.probe-", static_cast<long long>(::getpid()));
    const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return errno == ENOSPC || errno == EDQUOT;  // full, but not read-only
    ::close(fd);
    (void)::unlink(probe.c_str());
    return true;
}

long user_id() { return static_cast<long>(::getuid()); }

long process_id() { return static_cast<long>(::getpid()); }

std::string make_scratch_directory(std::string_view prefix) {
    const std::optional<std::string> base = platform::environment("TMPDIR");
    std::string path = cat(base && !base->empty() ? *base : std::string("/tmp"), "/", prefix, "-XXXXXX");
    return ::mkdtemp(path.data()) == nullptr ? std::string() : path;
}

}  // namespace cermet::store
