// The sandbox on Linux: namespaces, pivot_root and Landlock by their system calls.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/path.h"
#include "base/text.h"
#include "exec/sandbox.h"

#if defined(__linux__)
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#endif

namespace cermet::exec {

#if defined(__linux__)

namespace sandbox_detail {

constexpr const char* k_old_root = "/.cermet-old-root";

std::string failed(std::string_view doing, std::string_view path = {}) {
    const int number = errno;
    return cat(doing, path.empty() ? "" : " ", path, ": ", std::strerror(number));
}

bool write_small(const char* path, std::string_view text) {
    platform::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
    return fd.valid() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool make_directory_path(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return false;
        if (slash == std::string::npos) return true;
    }
}

// A private mount namespace: with the privilege at hand, else through a user namespace that changes
// nobody's name.
std::string unshare_mounts() {
    if (::unshare(CLONE_NEWNS) == 0) return {};
    if (errno != EPERM) return failed("unshare");
    const std::string uid = std::to_string(::geteuid());
    const std::string gid = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return failed("user namespace");
    if (!write_small("/proc/self/setgroups", "deny")) return failed("setgroups");
    if (!write_small("/proc/self/uid_map", cat(uid, " ", uid, " 1"))) return failed("uid map");
    if (!write_small("/proc/self/gid_map", cat(gid, " ", gid, " 1"))) return failed("gid map");
    return {};
}

std::string bind_top_level_entry(const std::string& name) {
    const std::string from = cat(k_old_root, "/", name);
    const std::string to = "/" + name;
    struct stat info {};
    if (::lstat(from.c_str(), &info) != 0) return {};  // gone meanwhile
    if (S_ISLNK(info.st_mode)) {
        Result<std::string> target = platform::read_link(from);
        if (!target.ok()) return {};
        return ::symlink(target->c_str(), to.c_str()) == 0 ? std::string() : failed("symlink", to);
    }
    if (S_ISDIR(info.st_mode)) {
        if (::mkdir(to.c_str(), 0755) != 0) return failed("mkdir", to);
    } else if (S_ISREG(info.st_mode)) {
        platform::Fd fd(::open(to.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
        if (!fd.valid()) return failed("create", to);
    } else {
        return {};
    }
    if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
        // A top-level directory nobody may look into is not needed by any tool either.
        if (S_ISDIR(info.st_mode) && errno == EACCES) return {};
        return failed("bind", to);
    }
    return {};
}

// A bind inherits flags that an unprivileged remount must repeat.
std::string make_read_only(const std::string& path) {
    struct statvfs info {};
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
    if (::statvfs(path.c_str(), &info) == 0) {
        if ((info.f_flag & ST_NOSUID) != 0) flags |= MS_NOSUID;
        if ((info.f_flag & ST_NODEV) != 0) flags |= MS_NODEV;
        if ((info.f_flag & ST_NOEXEC) != 0) flags |= MS_NOEXEC;
        if ((info.f_flag & ST_NOATIME) != 0) flags |= MS_NOATIME;
        if ((info.f_flag & ST_NODIRATIME) != 0) flags |= MS_NODIRATIME;
        if ((info.f_flag & ST_RELATIME) != 0) flags |= MS_RELATIME;
    }
    if (::mount(nullptr, path.c_str(), nullptr, flags, nullptr) != 0) return failed("read-only", path);
    return {};
}

std::string new_root_from(const std::vector<std::string>& top_level) {
    const char* base = nullptr;
    for (const char* candidate : {"/tmp", "/mnt", "/usr", "/var"}) {
        if (platform::is_directory(candidate)) {
            base = candidate;
            break;
        }
    }
    if (base == nullptr) return "no directory to mount on";
    if (::mount("tmpfs", base, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0) {
        return failed("tmpfs");
    }
    if (::chdir(base) != 0) return failed("chdir", base);
    if (::mkdir(k_old_root + 1, 0755) != 0) return failed("mkdir");
    // After this the host's root is below, without the tmpfs on it, and the tmpfs is the root.
    if (::syscall(SYS_pivot_root, ".", k_old_root + 1) != 0) return failed("pivot_root");
    if (::chdir("/") != 0) return failed("chdir", "/");
    for (const std::string& name : top_level) {
        std::string problem = bind_top_level_entry(name);
        if (!problem.empty()) return problem;
    }
    return {};
}

std::string enter(const MountPlan& plan) {
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory("/");
    if (!entries.ok()) return entries.error().message;
    const std::string cwd = platform::current_directory();
    std::string problem = unshare_mounts();
    if (!problem.empty()) return problem;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("private mounts");
    std::vector<std::string> names;
    for (const platform::DirectoryEntry& entry : *entries) names.push_back(entry.name);
    problem = new_root_from(names);
    if (!problem.empty()) return problem;
    if (::mkdir("/cermet", 0755) != 0) return failed("mkdir", "/cermet");
    for (const auto& [canonical, host] : plan.binds) {
        if (!make_directory_path(canonical)) return failed("mkdir", canonical);
        if (::mount(host.c_str(), canonical.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
            return failed("bind", host);
        }
    }
    for (const std::string& canonical : plan.read_only) {
        const bool bound = std::any_of(plan.binds.begin(), plan.binds.end(),
                                       [&](const auto& bind) { return bind.first == canonical; });
        if (!bound) continue;
        problem = make_read_only(canonical);
        if (!problem.empty()) return problem;
    }
    if (::umount2(k_old_root, MNT_DETACH) != 0) return failed("umount", k_old_root);
    ::rmdir(k_old_root);
    if (::chdir(cwd.c_str()) != 0) return failed("chdir", cwd);
    return {};
}

// Does it in a child that then ends: what it says is what would happen here.
std::string try_in_child(const MountPlan& plan) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe");
    platform::Fd reading(ends[0]);
    platform::Fd writing(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) return failed("fork");
    if (child == 0) {
        std::string problem = enter(plan);
        if (problem.empty()) problem = "ok";
        const ssize_t written = ::write(writing.get(), problem.data(), problem.size());
        ::_exit(written > 0 ? 0 : 1);
    }
    writing = platform::Fd();
    std::string said;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(reading.get(), buffer, sizeof buffer)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        said.append(buffer, static_cast<std::size_t>(n));
    }
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (said == "ok") return {};
    return said.empty() ? "the probe died" : said;
}

// --- Landlock; the numbers are the kernel's interface, so that old headers do ---

constexpr long k_create_ruleset = 444;
constexpr long k_add_rule = 445;
constexpr long k_restrict_self = 446;
constexpr unsigned k_version_flag = 1U;
constexpr int k_rule_path_beneath = 1;
constexpr std::uint64_t k_execute = 1ULL << 0;
constexpr std::uint64_t k_write_file = 1ULL << 1;
constexpr std::uint64_t k_read_file = 1ULL << 2;
constexpr std::uint64_t k_read_directory = 1ULL << 3;
constexpr std::uint64_t k_remove_and_make = 0x1fffULL & ~0xfULL;  // REMOVE_DIR (4) to MAKE_SYM (12)
constexpr std::uint64_t k_refer = 1ULL << 13;     // ABI 2: without it no rename between directories at all
constexpr std::uint64_t k_truncate = 1ULL << 14;  // ABI 3

struct Ruleset {
    std::uint64_t handled_access_fs;
};
struct __attribute__((packed)) PathBeneath {
    std::uint64_t allowed_access;
    std::int32_t parent_fd;
};

constexpr std::uint64_t k_read_rights = k_execute | k_read_file | k_read_directory;

std::uint64_t write_rights(int abi) { return k_write_file | k_remove_and_make | k_refer | (abi >= 3 ? k_truncate : 0); }

void allow(int ruleset, const std::string& path, std::uint64_t rights) {
    platform::Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!fd.valid()) return;
    PathBeneath rule{rights, fd.get()};
    if (::syscall(k_add_rule, ruleset, k_rule_path_beneath, &rule, 0) == 0 || errno != EINVAL) return;
    rule.allowed_access &= ~k_read_directory;  // it is a file
    ::syscall(k_add_rule, ruleset, k_rule_path_beneath, &rule, 0);
}

void allow_writes(int ruleset, int abi, const std::vector<std::string>& writable) {
    const std::uint64_t rights = write_rights(abi);
    for (const std::string& directory : writable) allow(ruleset, directory, rights);
    const std::uint64_t file_rights = k_write_file | (abi >= 3 ? k_truncate : 0);
    for (const char* device :
         {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom", "/dev/ptmx"}) {
        allow(ruleset, device, file_rights);
    }
    allow(ruleset, "/dev/pts", file_rights);
    allow(ruleset, "/dev/shm", rights);
    allow(ruleset, "/proc", file_rights);  // a process may set its own comm, oom score, …
}

// A network namespace with `lo` up, made by a thread that then ends; the descriptor keeps it.
int network_namespace() {
    int found = -1;
    std::thread([&found] {
        if (::unshare(CLONE_NEWNET) != 0) return;
        platform::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (socket.valid()) {
            struct ifreq request {};
            std::memcpy(request.ifr_name, "lo", 3);
            request.ifr_flags = IFF_UP | IFF_RUNNING;
            ::ioctl(socket.get(), SIOCSIFFLAGS, &request);
        }
        found = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }).join();
    return found;
}

}  // namespace sandbox_detail

MountAnswer enter_mount(const MountPlan& plan) {
    MountAnswer answer;
    if (platform::stat_file("/cermet", platform::FollowLinks::No).kind != platform::FileKind::Absent) {
        answer.nested = true;
        answer.reason = "/cermet exists already";
        return answer;
    }
    answer.reason = sandbox_detail::try_in_child(plan);
    if (!answer.reason.empty()) return answer;
    answer.reason = sandbox_detail::enter(plan);
    // What just worked in a child fails here only when something else changed in between; nothing
    // may go on half-way.
    if (!answer.reason.empty()) abort_bug("entering the mount namespace: " + answer.reason);
    answer.entered = true;
    return answer;
}

Status bind_place(const std::string& canonical, const std::string& host) {
    if (!sandbox_detail::make_directory_path(canonical)) {
        return system_error("cannot create", canonical, errno);
    }
    if (::mount(host.c_str(), canonical.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
        return system_error("cannot bind", host, errno);
    }
    return {};
}

Isolation Isolation::probe() {
    Isolation found;
    found.network_ = platform::Fd(sandbox_detail::network_namespace());
    const long abi = ::syscall(sandbox_detail::k_create_ruleset, nullptr, 0, sandbox_detail::k_version_flag);
    if (abi >= 2) found.landlock_ = static_cast<int>(abi);
    return found;
}

bool Isolation::limit_files(const Reach& reach) const {
    using namespace sandbox_detail;
    const bool writes = !reach.writable.empty();
    Ruleset attributes{(writes ? write_rights(landlock_) : 0) | (reach.limits_reads() ? k_read_rights : 0)};
    platform::Fd ruleset(static_cast<int>(::syscall(k_create_ruleset, &attributes, sizeof attributes, 0)));
    if (!ruleset.valid()) return false;
    if (writes) allow_writes(ruleset.get(), landlock_, reach.writable);
    if (reach.limits_reads()) {
        for (const std::string& path : reach.readable) allow(ruleset.get(), path, k_read_rights);
        for (const std::string& directory : reach.listable) allow(ruleset.get(), directory, k_read_directory);
    }
    return ::syscall(k_restrict_self, ruleset.get(), 0) == 0;
}

bool Isolation::apply(const Reach& reach, Randomise randomise) const {
    if (network_.valid() && !reach.network) ::setns(network_.get(), CLONE_NEWNET);
    if (randomise == Randomise::No) {
        const int now = ::personality(0xffffffff);
        if (now != -1) ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE);
    }
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (reach.writable.empty() && !reach.limits_reads()) return true;
    const bool limited = landlock_ > 0 && limit_files(reach);
    return limited || !reach.limits_reads();
}

#else

MountAnswer enter_mount(const MountPlan&) {
    MountAnswer answer;
    answer.reason = "this system has no mount namespaces";
    return answer;
}

Status bind_place(const std::string& canonical, const std::string&) {
    return bug("no mount namespace was entered: " + canonical);
}

Isolation Isolation::probe() { return {}; }
bool Isolation::limit_files(const Reach&) const { return false; }
bool Isolation::apply(const Reach& reach, Randomise) const { return !reach.limits_reads(); }

#endif

}  // namespace cermet::exec
