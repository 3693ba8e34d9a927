// Peaks, implemented: a text file that is appended to, and two comparisons.
// SPDX-License-Identifier: MIT
#include "exec/peaks.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "platform/os.h"

namespace cermet::exec {

namespace peaks_detail {

constexpr std::size_t k_lines_beyond = 4096;  // superseded lines before the file is written anew

std::string line_of(const std::string& label, std::uint64_t bytes) { return cat(bytes, " ", label, "\n"); }

// Small differences are noise; each would be one more line.
bool differs(std::uint64_t a, std::uint64_t b) { return a > b + b / 8 || b > a + a / 8; }

}  // namespace peaks_detail

void Peaks::load() {
    loaded_ = true;
    const std::optional<std::string> text = platform::find_file_bytes(file_);
    if (!text) return;
    const std::vector<std::string> lines = split_lines(*text);
    for (const std::string& line : lines) {
        std::uint64_t bytes = 0;
        const auto end = std::from_chars(line.data(), line.data() + line.size(), bytes);
        const std::size_t after = static_cast<std::size_t>(end.ptr - line.data());
        if (end.ec != std::errc() || after + 1 >= line.size() || line[after] != ' ') continue;
        known_[line.substr(after + 1)] = bytes;
    }
    if (lines.size() < 2 * known_.size() + peaks_detail::k_lines_beyond) return;
    std::string fresh;
    for (const auto& [label, bytes] : known_) fresh += peaks_detail::line_of(label, bytes);
    (void)platform::write_file_atomic(file_, fresh);  // what others append meanwhile is lost, and learnt again
}

std::uint64_t Peaks::of(const std::string& label) {
    std::lock_guard lock(mutex_);
    if (!loaded_) load();
    auto found = known_.find(label);
    return found == known_.end() ? k_unknown : found->second;
}

void Peaks::learn(const std::string& label, std::uint64_t bytes) {
    if (bytes == 0) return;
    std::lock_guard lock(mutex_);
    if (!loaded_) load();
    auto [entry, added] = known_.emplace(label, bytes);
    if (!added && !peaks_detail::differs(entry->second, bytes)) return;
    entry->second = bytes;
    (void)platform::append_file(file_, peaks_detail::line_of(label, bytes));
}

MemoryAdmission::MemoryAdmission(std::uint64_t allowed) : allowed_(allowed), by_user_(allowed > 0) {
    if (!by_user_) allowed_ = platform::memory().allowed;
}

bool MemoryAdmission::admits(std::uint64_t need, std::uint64_t running) {
    if (allowed_ == 0) return true;  // the system does not tell
    // A part stays for the linker that a compiler starts, for this program and for what the estimates miss.
    const std::uint64_t usable = by_user_ ? allowed_ : allowed_ - allowed_ / 16;
    if (need > usable || running > usable - need) return false;
    return by_user_ || platform::memory().free >= need;
}

}  // namespace cermet::exec
