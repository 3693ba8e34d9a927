// The filter of a CallWatch, and how one of its calls is read out of the process that made it.
// SPDX-License-Identifier: MIT
#include "exec/call_watch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"

#if defined(__linux__)
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cermet::exec {

bool PathSet::holds(std::string_view path) const {
    for (;; path = parent(path)) {
        if (paths_.count(std::string(path)) != 0) return true;
        if (path.size() < 2) return false;
    }
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

namespace call_watch_detail {

#if defined(__x86_64__)
constexpr std::uint32_t k_architecture = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t k_architecture = AUDIT_ARCH_AARCH64;
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum class Does { Write, Open, OpenHow, Start, Connect };

// A system call: which arguments are the directory (-1: the working directory), the path or address, the flags (-1: none).
struct Call {
    int number;
    Does does;
    int directory;
    int path;
    int flags;
};

constexpr Call k_calls[] = {
    {SYS_openat, Does::Open, 0, 1, 2},     {SYS_mkdirat, Does::Write, 0, 1, -1},
    {SYS_unlinkat, Does::Write, 0, 1, -1}, {SYS_symlinkat, Does::Write, 1, 2, -1},
    {SYS_linkat, Does::Write, 2, 3, -1},   {SYS_renameat2, Does::Write, 2, 3, -1},
    {SYS_renameat, Does::Write, 2, 3, -1}, {SYS_truncate, Does::Write, -1, 0, -1},
    {SYS_openat2, Does::OpenHow, 0, 1, 2}, {SYS_execve, Does::Start, -1, 0, -1},
    {SYS_execveat, Does::Start, 0, 1, -1}, {SYS_connect, Does::Connect, -1, 1, -1},
    {SYS_sendto, Does::Connect, -1, 4, 4},  // of a datagram that names where it goes
#if defined(__x86_64__)
    {SYS_open, Does::Open, -1, 0, 1},      {SYS_creat, Does::Write, -1, 0, -1},
    {SYS_mkdir, Does::Write, -1, 0, -1},   {SYS_rmdir, Does::Write, -1, 0, -1},
    {SYS_unlink, Does::Write, -1, 0, -1},  {SYS_symlink, Does::Write, -1, 1, -1},
    {SYS_link, Does::Write, -1, 1, -1},    {SYS_rename, Does::Write, -1, 1, -1},
#endif
};
constexpr std::uint32_t k_writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

// Where calls that write, or name an address, are told from others by their arguments: the bits that make the difference.
std::uint32_t telling_bits(const Call& call, bool reads) {
    if (call.flags < 0 || call.does == Does::OpenHow) return 0;
    if (call.does == Does::Connect) return 0xffffffff;
    return reads ? 0 : k_writing;
}

std::vector<sock_filter> filter(bool reads) {
    std::vector<sock_filter> code;
    auto load = [&](std::size_t offset) {
        code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
    };
    auto give = [&](std::uint32_t value) { code.push_back(BPF_STMT(BPF_RET | BPF_K, value)); };
    load(offsetof(seccomp_data, arch));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k_architecture, 1, 0));
    give(SECCOMP_RET_ALLOW);
    for (const Call& call : k_calls) {
        if (!reads && (call.does == Does::OpenHow || call.does == Does::Start)) continue;
        const std::uint32_t bits = telling_bits(call, reads);
        load(offsetof(seccomp_data, nr));
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0,
                                static_cast<std::uint8_t>(bits != 0 ? 4 : 1)));
        if (bits != 0) {
            // The low half: both machines are little-endian.
            load(offsetof(seccomp_data, args) + 8 * static_cast<std::size_t>(call.flags));
            code.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
            give(SECCOMP_RET_ALLOW);
        }
        give(SECCOMP_RET_USER_NOTIF);
    }
    give(SECCOMP_RET_ALLOW);
    return code;
}

bool traced() {
    const std::string status = platform::find_file_bytes("/proc/self/status").value_or("");
    return contains(status, "TracerPid:") && !contains(status, "TracerPid:\t0\n");
}

// Memory of a process that waits for an answer.
class Memory {
   public:
    explicit Memory(const std::string& process) : fd_(::open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC)) {}
    // "" where it cannot be read.
    std::string text(std::uint64_t address) const {
        std::string text;
        while (fd_.valid() && text.size() < 4096) {
            char piece[256];
            // Not over the end of a page: the next may not be there.
            const std::size_t room = std::min<std::size_t>(sizeof piece, 4096 - (address + text.size()) % 4096);
            const ssize_t n = ::pread(fd_.get(), piece, room, static_cast<off_t>(address + text.size()));
            if (n <= 0) return {};
            const std::string_view read(piece, static_cast<std::size_t>(n));
            text += read.substr(0, read.find('\0'));
            if (contains(read, std::string_view("\0", 1))) return text;
        }
        return {};
    }
    std::size_t bytes(std::uint64_t address, void* to, std::size_t size) const {
        const ssize_t n = fd_.valid() ? ::pread(fd_.get(), to, size, static_cast<off_t>(address)) : 0;
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }

   private:
    platform::Fd fd_;
};

std::string path_of(const seccomp_notif& made, const Call& call, const std::string& process, const Memory& memory) {
    std::string path = memory.text(made.data.args[call.path]);
    if (path.empty() || path[0] == '/') return path;
    const int directory = call.directory < 0 ? AT_FDCWD : static_cast<int>(made.data.args[call.directory]);
    const std::string link = directory == AT_FDCWD ? process + "/cwd" : cat(process, "/fd/", directory);
    const Result<std::string> base = platform::read_link(link);
    return base.ok() ? join_path(*base, path) : std::string();
}

// "" for what is of this machine: a name server may be, and asking it is asking for another one.
std::string address_of(const seccomp_notif& made, const Call& call, const Memory& memory) {
    sockaddr_storage storage{};
    const std::uint64_t length = made.data.args[call.path + 1];
    if (memory.bytes(made.data.args[call.path], &storage, std::min<std::uint64_t>(length, sizeof storage)) == 0)
        return {};
    char text[INET6_ADDRSTRLEN] = {};
    int port = 0;
    bool here = false;
    if (storage.ss_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, &storage, sizeof address);
        ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
        port = ntohs(address.sin_port);
        here = (ntohl(address.sin_addr.s_addr) >> 24) == 127 || address.sin_addr.s_addr == 0;
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, &storage, sizeof address);
        ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
        port = ntohs(address.sin6_port);
        here = IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr);
    }
    constexpr int k_names = 53;
    // Port 0: the C library asks which of its own addresses would be used, and sends nothing.
    if (port == 0 || (here && port != k_names)) return {};
    return port == k_names ? cat("the name server ", text) : cat(text, " port ", port);
}

// Which of both it is, or none: a path alone, O_PATH, is no read.
bool opens_to_read(std::uint64_t flags) { return (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_WRONLY; }
bool opens_to_write(std::uint64_t flags) { return (flags & O_PATH) == 0 && (flags & k_writing) != 0; }

std::uint64_t flags_of(const seccomp_notif& made, const Call& call, const Memory& memory) {
    std::uint64_t flags = made.data.args[call.flags];
    if (call.does == Does::OpenHow && memory.bytes(flags, &flags, sizeof flags) != sizeof flags) return O_PATH;
    return flags;
}

}  // namespace call_watch_detail

void CallWatch::install() {
    using namespace call_watch_detail;
    if (traced()) return;
    std::vector<sock_filter> code = filter(hears_reads());
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    constexpr unsigned long k_flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    listener_ = platform::Fd(static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, k_flags, &program)));
}

void CallWatch::answer() {
    using namespace call_watch_detail;
    seccomp_notif made{};
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &made) != 0) {
        if (errno != EINTR && errno != ENOENT) close();
        return;
    }
    const Call* call = std::find_if(std::begin(k_calls), std::end(k_calls),
                                    [&](const Call& one) { return one.number == made.data.nr; });
    const std::string process = cat("/proc/", static_cast<int>(made.pid));
    std::string path;
    std::string address;
    std::uint64_t flags = 0;
    if (call != std::end(k_calls)) {
        const Memory memory(process);
        if (call->does == Does::Connect) {
            address = address_of(made, *call, memory);
        } else {
            path = path_of(made, *call, process, memory);
            if (call->flags >= 0) flags = flags_of(made, *call, memory);
        }
    }
    // Only while the caller still waits is its number its own.
    const bool waits = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &made.id) == 0;
    if (waits && !address.empty()) note_address(address);
    if (waits && !path.empty()) {
        path = normalise(path);
        const bool opens = call->does == Does::Open || call->does == Does::OpenHow;
        if (call->does == Does::Write || (opens && opens_to_write(flags))) note_write(path);
        if (call->does == Does::Start || (opens && opens_to_read(flags))) note_read(path);
    }
    seccomp_notif_resp reply{};
    reply.id = made.id;
    reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

#else

void CallWatch::install() {}
void CallWatch::answer() {}

#endif

void CallWatch::note_write(const std::string& path) {
    std::vector<std::string>& writes = heard_.writes;
    if (scope_.writable.empty() || scope_.writable.holds(path)) return;
    if (is_within(path, "/dev") || is_within(path, "/proc") || writes.size() == k_most) return;
    add_once(writes, path);
}

// A link counts by where it leads: that is what the kernel looks at.
void CallWatch::note_read(const std::string& path) {
    if (is_within(path, "/proc") || is_within(path, "/dev")) return;  // what lies there depends on who looks
    if (!hears_reads() || heard_.reads.size() == scope_.most_reads || !looked_at_.insert(path).second) return;
    const Result<std::string> real = platform::real_path(path);
    if (!real.ok() || scope_.readable.holds(*real)) return;
    const bool directory = platform::is_directory(*real);
    if (directory && scope_.listable.holds(*real)) return;
    heard_.reads.push_back({path, directory});
}

void CallWatch::note_address(const std::string& address) {
    std::vector<std::string>& addresses = heard_.addresses;
    if (addresses.size() == k_most) return;
    add_once(addresses, address);
}

}  // namespace cermet::exec
