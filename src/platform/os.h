// The operating system in one page: files, directories, locks, environment. Everything Cermet needs besides processes.
// SPDX-License-Identifier: MIT
//
// Host paths only. Every call opens with O_CLOEXEC and returns a Result whose Error names the path. Nothing here caches.
// Writes that others may read are atomic: a temporary file in the same directory, then rename. Names that are not UTF-8
// are refused with a clear error by list_directory(). Thread-safe, except the Fd objects themselves.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet::platform {

enum class FileKind { Absent, File, Directory, Symlink, Other };

// What stat tells. `identity` fields decide whether a remembered digest still holds.
struct FileInfo {
    FileKind kind = FileKind::Absent;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::uint32_t mode = 0;  // permission bits
    std::uint32_t links = 0;
    bool executable() const { return (mode & 0111) != 0; }
    bool operator==(const FileInfo&) const = default;
};

// Owns a file descriptor and closes it. Move-only.
class Fd {
   public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();
    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    int release();

   private:
    int fd_ = -1;
};

enum class FollowLinks { No, Yes };

FileInfo stat_file(const std::string& path,
                   FollowLinks follow = FollowLinks::Yes);  // kind Absent when it cannot be reached
bool exists(const std::string& path);
bool is_directory(const std::string& path);
bool is_file(const std::string& path);

struct DirectoryEntry {
    std::string name;
    FileKind kind = FileKind::Other;  // Symlink is not followed
};
Result<std::vector<DirectoryEntry>> list_directory(const std::string& path);  // sorted by name, without . and ..
Result<std::vector<DirectoryEntry>> list_any_names(const std::string& path);  // the same; names may be any bytes
Result<std::string> read_link(const std::string& path);
// A path through /proc/self/root stays one: so a directory is named that is called as one of the places (exec/places.h).
Result<std::string> real_path(const std::string& path);
std::string current_directory();

Result<std::string> read_file(const std::string& path);
std::optional<std::string> find_file_bytes(const std::string& path);  // nullopt when absent or unreadable
Status write_file_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode = 0644);
Status write_file(const std::string& path, std::string_view bytes, std::uint32_t mode = 0644);  // truncates in place
Status append_file(const std::string& path, std::string_view bytes);

Status make_directories(const std::string& path, std::uint32_t mode = 0777);
Status remove_file(const std::string& path);  // absent is fine
Status remove_tree(const std::string& path);  // absent is fine; never follows links (openat-based), chmods as needed
Status rename_path(const std::string& from, const std::string& to);
Status hard_link(const std::string& from, const std::string& to);  // fails where `to` exists
Status make_symlink(const std::string& target, const std::string& path);
Status set_mode(const std::string& path, std::uint32_t mode);
Status set_times(const std::string& path, std::int64_t mtime_ns);
// Copies bytes (copy_file_range where possible); `to` is replaced atomically.
Status copy_file(const std::string& from, const std::string& to, std::uint32_t mode);

// A read-only memory map of a whole file; empty files map to an empty view.
class MappedFile {
   public:
    static Result<MappedFile> open(const std::string& path);
    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();
    std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

   private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

// An advisory lock (flock) on a file that is created when absent; released when destroyed. With `inherit` the
// descriptor survives exec, so the lock is held until the last child of this process is gone.
enum class LockKind { Shared, Exclusive };
enum class LockWait { No, Yes };
class FileLock {
   public:
    static Result<FileLock> take(const std::string& path, LockKind kind);  // waits
    static Result<std::optional<FileLock>> try_take(const std::string& path,
                                                    LockKind kind);  // nullopt: held by another
    Status convert(LockKind kind);
    void let_children_inherit();
    int fd() const { return fd_.get(); }

   private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

std::optional<std::string> environment(const std::string& name);
void set_environment(const std::string& name, const std::string& value);  // of this process; before any thread
std::vector<std::string> environment_names();
// The first executable called `name` in the PATH-like `path` text (":"-separated); a name with a slash is only checked.
std::optional<std::string> find_program(const std::string& name, const std::string& path);
int cpu_count();  // the CPUs this process may use (affinity and cgroup quota)
// Bytes of memory that this process and its children may use (machine and cgroups), and how many of them are free
// or can be made so by dropping caches. Both 0 where the system does not tell.
struct Memory {
    std::uint64_t allowed = 0;
    std::uint64_t free = 0;
};
Memory memory();
bool stderr_is_terminal();
int terminal_columns();  // 80 when unknown
std::string own_executable();

}  // namespace cermet::platform
