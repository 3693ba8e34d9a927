// Memory: how much of it this process and its children may use, and how much of that is free.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::platform {

namespace memory_posix_detail {

constexpr std::uint64_t k_unlimited = 1ull << 60;  // cgroup v1 writes about 2^63 for "no limit"

std::optional<std::uint64_t> number_in(const std::string& path) {
    const std::optional<std::string> text = find_file_bytes(path);
    if (!text) return std::nullopt;
    const std::string_view word = trim(*text);
    std::uint64_t value = 0;
    const auto end = std::from_chars(word.data(), word.data() + word.size(), value);
    if (end.ec != std::errc() || end.ptr != word.data() + word.size()) return std::nullopt;  // "max"
    return value;
}

// The value of "NAME   123" or "NAME:   123 kB" in a list of such lines, in the list's own unit.
std::uint64_t named_number(std::string_view text, std::string_view name) {
    for (const std::string& line : split_lines(text)) {
        const std::vector<std::string> words = split_words(line);
        if (words.size() < 2 || words[0] != name) continue;
        std::uint64_t value = 0;
        const auto end = std::from_chars(words[1].data(), words[1].data() + words[1].size(), value);
        return end.ec == std::errc() ? value : 0;
    }
    return 0;
}

// One level of a control group: what it allows and what it holds that cannot be dropped.
struct Group {
    std::uint64_t limit;
    std::uint64_t used;
};

std::optional<Group> group_at(const std::string& directory, bool second_version) {
    const auto limit = number_in(directory + (second_version ? "/memory.max" : "/memory.limit_in_bytes"));
    if (!limit || *limit >= k_unlimited) return std::nullopt;
    Group group{*limit, 0};
    group.used = number_in(directory + (second_version ? "/memory.current" : "/memory.usage_in_bytes")).value_or(0);
    // The page cache counts as used, and goes when memory is wanted.
    const std::string stat = find_file_bytes(directory + "/memory.stat").value_or("");
    const std::uint64_t cache = named_number(stat, second_version ? "inactive_file" : "total_inactive_file") +
                                named_number(stat, second_version ? "active_file" : "total_active_file");
    group.used -= std::min(cache, group.used);
    return group;
}

// The groups of this process with a limit, of cgroup v1 and v2, and all that are above them.
std::vector<Group> limiting_groups() {
    std::vector<Group> out;
    const std::optional<std::string> groups = find_file_bytes("/proc/self/cgroup");
    if (!groups) return out;
    for (const std::string& line : split_lines(*groups)) {
        const std::vector<std::string> parts = split(line, ':');  // hierarchy:controllers:path
        if (parts.size() < 3) continue;
        const bool second = parts[1].empty();
        if (!second && !contains("," + parts[1] + ",", ",memory,")) continue;
        std::string path = line.substr(parts[0].size() + parts[1].size() + 2);
        const std::string root = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        while (is_absolute(path)) {
            // In a container the path may be the host's and not be there; its root then is the container's.
            if (const auto group = group_at(root + (path == "/" ? "" : path), second)) out.push_back(*group);
            if (path == "/") break;
            path = std::string(parent(path));
        }
    }
    return out;
}

}  // namespace memory_posix_detail

Memory memory() {
    using namespace memory_posix_detail;
    Memory out;
    if (const std::optional<std::string> machine = find_file_bytes("/proc/meminfo")) {
        out.allowed = named_number(*machine, "MemTotal:") * 1024;
        out.free = named_number(*machine, "MemAvailable:") * 1024;
    } else {
        const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
        if (pages > 0 && size > 0) out.allowed = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
        out.free = out.allowed;
    }
    for (const Group& group : limiting_groups()) {
        out.allowed = std::min(out.allowed, group.limit);
        out.free = std::min(out.free, group.limit - std::min(group.limit, group.used));
    }
    return out;
}

}  // namespace cermet::platform
