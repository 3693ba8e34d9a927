// Directories on POSIX: listing, creating, and removing whole trees without ever following a link.
// SPDX-License-Identifier: MIT
//
// remove_tree() works relative to open directories (openat, unlinkat), so that nobody who swaps a
// directory for a link while it runs can lead it elsewhere. A directory deeper than k_max_depth is
// first moved up to the root of the tree: the depth of a tree never limits what can be removed, and
// neither stack nor descriptors run out.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::platform {

namespace tree_posix_detail {

constexpr int k_max_depth = 64;

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

FileKind kind_of(const dirent& entry, int directory_fd) {
    switch (entry.d_type) {
        case DT_REG: return FileKind::File;
        case DT_DIR: return FileKind::Directory;
        case DT_LNK: return FileKind::Symlink;
        case DT_UNKNOWN: break;  // some file systems do not tell
        default: return FileKind::Other;
    }
    struct stat st = {};
    if (::fstatat(directory_fd, entry.d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) return FileKind::Other;
    if (S_ISREG(st.st_mode)) return FileKind::File;
    if (S_ISDIR(st.st_mode)) return FileKind::Directory;
    return S_ISLNK(st.st_mode) ? FileKind::Symlink : FileKind::Other;
}

bool is_dot(const char* name) { return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')); }

// All entries of an open directory, in no order. 0 or an errno. Takes the descriptor.
int read_entries(Fd fd, std::vector<DirectoryEntry>& out) {
    Directory directory(::fdopendir(fd.get()));
    if (directory == nullptr) return errno;
    fd.release();
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (entry == nullptr) return errno;
        if (is_dot(entry->d_name)) continue;
        out.push_back({entry->d_name, kind_of(*entry, ::dirfd(directory.get()))});
    }
}

// Gives the owner all rights to a directory that cannot be opened, without following a link.
void unlock_directory(int parent_fd, const char* name) {
#if defined(__linux__)
    const Fd fd(::openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return;
    const std::string path = cat("/proc/self/fd/", fd.get());  // chmod through an O_PATH descriptor
    ::chmod(path.c_str(), 0700);
#else
    ::fchmodat(parent_fd, name, 0700, AT_SYMLINK_NOFOLLOW);
#endif
}

Fd open_directory(int parent_fd, const char* name) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Fd fd(::openat(parent_fd, name, flags));
    if (!fd.valid() && errno == EACCES) {
        unlock_directory(parent_fd, name);
        fd = Fd(::openat(parent_fd, name, flags));
    }
    return fd;
}

// Removes the entries of one tree; keeps the first problem and goes on, so that as much as possible
// is gone.
class Remover {
   public:
    explicit Remover(int root_fd, std::string root) : root_fd_(root_fd), root_(std::move(root)) {}

    // Empties the root until nothing new was moved into it.
    Status run() {
        do {
            moved_ = false;
            empty(root_fd_, root_, 0);
        } while (moved_ && problem_.ok());
        return std::move(problem_);
    }

   private:
    void fail(std::string_view doing, const std::string& path, int errno_value) {
        if (problem_.ok()) problem_ = system_error(doing, path, errno_value);
    }

    void empty(int fd, const std::string& path, int depth) {
        struct stat st = {};
        if (::fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700) ::fchmod(fd, 0700);
        std::vector<DirectoryEntry> entries;
        Fd listing(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const int problem = listing.valid() ? read_entries(std::move(listing), entries) : errno;
        if (problem != 0) fail("list", path, problem);
        for (const DirectoryEntry& entry : entries) remove(fd, path, entry, depth);
    }

    void remove(int fd, const std::string& path, const DirectoryEntry& entry, int depth) {
        const char* name = entry.name.c_str();
        if (entry.kind != FileKind::Directory) {
            if (::unlinkat(fd, name, 0) == 0 || errno == ENOENT) return;
            if (errno != EISDIR && errno != EPERM) return fail("remove", join_path(path, entry.name), errno);
        }
        const std::string child = join_path(path, entry.name);
        const Fd directory = open_directory(fd, name);
        if (!directory.valid()) {
            if (errno != ENOENT) fail("open", child, errno);
            return;
        }
        if (depth >= k_max_depth) return move_up(fd, directory.get(), child, name);
        empty(directory.get(), child, depth + 1);
        if (::unlinkat(fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT) fail("remove", child, errno);
    }

    void move_up(int fd, int directory_fd, const std::string& child, const char* name) {
        ::fchmod(directory_fd, 0700);  // a directory must be writable to change its ".."
        while (true) {
            const std::string target = cat(".cermet-remove-", next_++);
            struct stat st = {};
            if (::fstatat(root_fd_, target.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) continue;
            if (::renameat(fd, name, root_fd_, target.c_str()) != 0) return fail("remove", child, errno);
            moved_ = true;
            return;
        }
    }

    int root_fd_;
    std::string root_;
    Status problem_;
    bool moved_ = false;
    unsigned next_ = 0;
};

}  // namespace tree_posix_detail

Result<std::vector<DirectoryEntry>> list_any_names(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return system_error("list", path, errno);
    std::vector<DirectoryEntry> out;
    const int problem = tree_posix_detail::read_entries(std::move(fd), out);
    if (problem != 0) return system_error("list", path, problem);
    std::sort(out.begin(), out.end(), [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
    return out;
}

Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) {
    TRY(out, list_any_names(path));
    for (const DirectoryEntry& entry : out) {
        if (valid_utf8(entry.name)) continue;
        return project_error(cat("a file name in ", path, " is not UTF-8 (its bytes are ", hex(entry.name), ")"),
                             "rename the file, or move it out of the project");
    }
    return std::move(out);
}

Status make_directories(const std::string& path, std::uint32_t mode) {
    const std::string wanted = normalise(path);
    if (::mkdir(wanted.c_str(), static_cast<mode_t>(mode)) == 0) return {};
    int problem = errno;
    if (problem == ENOENT) {
        const std::string above(parent(wanted));
        if (!above.empty() && above != wanted) {
            TRY_VOID(make_directories(above, mode));
            if (::mkdir(wanted.c_str(), static_cast<mode_t>(mode)) == 0) return {};
            problem = errno;
        }
    }
    // Another process may have made it; EACCES and EROFS are said of existing directories too.
    if (is_directory(wanted)) return {};
    return system_error("create the directory", path, problem == EEXIST ? ENOTDIR : problem);
}

Status remove_tree(const std::string& path) {
    using namespace tree_posix_detail;
    const FileInfo info = stat_file(path, FollowLinks::No);
    if (info.kind != FileKind::Directory) return remove_file(path);
    {
        const Fd root = open_directory(AT_FDCWD, path.c_str());
        if (!root.valid()) {
            if (errno == ENOENT) return {};
            return system_error("open", path, errno);
        }
        TRY_VOID(Remover(root.get(), path).run());
    }
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return system_error("remove", path, errno);
    return {};
}

}  // namespace cermet::platform
