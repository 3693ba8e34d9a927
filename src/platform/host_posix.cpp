// The host on POSIX: environment, programs, processors, terminal: facts about where we run.
// SPDX-License-Identifier: MIT
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

extern char** environ;  // NOLINT(*-avoid-non-const-global-variables): POSIX, but declared by no standard header

namespace cermet::platform {

namespace host_posix_detail {

// The processors a cgroup v2 `cpu.max` ("150000 100000" or "max 100000") allows, rounded up; 0 for
// no limit.
int cpus_of_cpu_max(std::string_view text) {
    const std::vector<std::string> words = split_words(text);
    if (words.size() < 2) return 0;
    long long quota = 0, period = 0;
    const auto number = [](const std::string& word, long long& out) {
        const auto end = std::from_chars(word.data(), word.data() + word.size(), out);
        return end.ec == std::errc() && end.ptr == word.data() + word.size();
    };
    if (!number(words[0], quota) || !number(words[1], period) || quota <= 0 || period <= 0) return 0;
    const long long cpus = quota / period + (quota % period != 0 ? 1 : 0);
    return static_cast<int>(std::min<long long>(cpus, 1 << 20));
}

#if defined(__linux__)

int affinity_count() {
    // The kernel refuses a mask smaller than its own: grow until it fits.
    for (int cpus = 1024; cpus <= (1 << 20); cpus *= 2) {
        cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
        if (set == nullptr) return 0;
        const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
        const bool known = ::sched_getaffinity(0, size, set) == 0;
        const int count = known ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (known) return count;
    }
    return 0;
}

// The strictest limit of this process's cgroup and those above it; 0 for none.
int cgroup_limit() {
    const std::optional<std::string> groups = find_file_bytes("/proc/self/cgroup");
    if (!groups) return 0;
    std::string group;
    for (const std::string& line : split_lines(*groups)) {
        if (line.compare(0, 3, "0::") == 0) group = line.substr(3);
    }
    int out = 0;
    while (is_absolute(group)) {
        const std::string file = cat("/sys/fs/cgroup", group == "/" ? "" : group, "/cpu.max");
        if (const std::optional<std::string> text = find_file_bytes(file)) {
            const int limit = cpus_of_cpu_max(*text);
            if (limit > 0 && (out == 0 || limit < out)) out = limit;
        }
        if (group == "/") break;
        group = std::string(parent(group));
    }
    return out;
}

#else

int affinity_count() { return 0; }

int cgroup_limit() { return 0; }

#endif

bool is_program(const std::string& path) { return is_file(path) && ::access(path.c_str(), X_OK) == 0; }

}  // namespace host_posix_detail

std::string current_directory() {
    std::string out(1024, '\0');
    while (::getcwd(out.data(), out.size()) == nullptr) {
        if (errno != ERANGE) return {};  // removed while we stand in it
        out.resize(out.size() * 2);
    }
    out.resize(out.find('\0'));
    return out;
}

void set_environment(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any thread
}

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

std::vector<std::string> environment_names() {
    std::vector<std::string> out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos && equals > 0) out.emplace_back(text.substr(0, equals));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::optional<std::string> find_program(const std::string& name, const std::string& path) {
    using host_posix_detail::is_program;
    if (name.empty()) return std::nullopt;
    if (contains(name, "/")) return is_program(name) ? std::optional<std::string>(name) : std::nullopt;
    for (const std::string& directory : split(path, ':')) {
        if (directory.empty()) continue;  // POSIX reads it as the current directory; nobody means that
        std::string candidate = cat(directory, directory.back() == '/' ? "" : "/", name);
        if (is_program(candidate)) return candidate;
    }
    return std::nullopt;
}

int cpu_count() {
    int out = host_posix_detail::affinity_count();
    if (out <= 0) out = static_cast<int>(std::thread::hardware_concurrency());
    const int limit = host_posix_detail::cgroup_limit();
    if (limit > 0 && limit < out) out = limit;
    return std::max(out, 1);
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

int terminal_columns() {
    winsize size = {};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

std::string own_executable() {
#if defined(__APPLE__)
    std::uint32_t size = 0;
    ::_NSGetExecutablePath(nullptr, &size);
    std::string buffer(size, '\0');
    if (::_NSGetExecutablePath(buffer.data(), &size) != 0) return {};
    buffer.resize(buffer.find('\0'));
    return real_path(buffer).value_or({});
#else
    std::string out = read_link("/proc/self/exe").value_or({});
    constexpr std::string_view k_deleted = " (deleted)";  // replaced while running: the new one stands at the path
    if (out.size() > k_deleted.size() && out.compare(out.size() - k_deleted.size(), k_deleted.size(), k_deleted) == 0) {
        out.resize(out.size() - k_deleted.size());
    }
    return out;
#endif
}

}  // namespace cermet::platform
