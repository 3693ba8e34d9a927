// Shown text: path replacement, escape stripping and short forms of times.
// SPDX-License-Identifier: MIT
#include "report/shown_text.h"

#include "base/text.h"

namespace cermet::report {

namespace shown_text_detail {

bool path_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '+' || c == '/' || static_cast<unsigned char>(c) >= 0x80;
}

// "/x" in "-I/x" starts a path; in "/home/x" or "a/x" it goes one on.
bool starts_path(std::string_view text, std::size_t at) {
    while (at > 0 && path_character(text[at - 1])) {
        if (text[--at] == '/') return false;
    }
    return true;
}

const ShownPath* match(std::string_view text, const std::vector<ShownPath>& paths) {
    const ShownPath* best = nullptr;
    for (const ShownPath& path : paths) {
        const std::size_t size = path.canonical.size();
        if (size == 0 || text.substr(0, size) != path.canonical) continue;
        const bool whole = text.size() == size || text[size] == '/' || !path_character(text[size]);
        if (whole && (best == nullptr || best->canonical.size() < size)) best = &path;
    }
    return best;
}

bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string two_digits(std::int64_t n) {
    return n < 10 ? cat("0", static_cast<long long>(n)) : to_text(static_cast<long long>(n));
}

}  // namespace shown_text_detail

std::string show_paths(std::string_view text, const std::vector<ShownPath>& paths) {
    using namespace shown_text_detail;
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const ShownPath* path = text[i] == '/' ? match(text.substr(i), paths) : nullptr;
        if (path == nullptr || !starts_path(text, i)) {
            out += text[i++];
            continue;
        }
        i += path->canonical.size();
        const bool more = i + 1 < text.size() && text[i] == '/' && path_character(text[i + 1]);
        if (path->shown == "." && more) {
            ++i;  // "./src/a.c" is called "src/a.c"
        } else {
            out += path->shown;
        }
    }
    return out;
}

std::string strip_ansi(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\x1b') {
            out += text[i];
            continue;
        }
        if (i + 1 < text.size() && text[i + 1] == '[') {  // CSI … final byte
            i += 2;
            while (i < text.size() && (text[i] < '@' || text[i] > '~')) ++i;
        } else if (i + 1 < text.size() && text[i + 1] == ']') {  // OSC … BEL or ESC backslash
            i += 2;
            while (i < text.size() && text[i] != '\a' && text[i] != '\x1b') ++i;
            if (i < text.size() && text[i] == '\x1b') ++i;
        } else {
            ++i;
        }
    }
    return out;
}

std::string one_line(std::string_view text) {
    std::string out = strip_ansi(text);
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return out;
}

std::string clip(std::string_view text, int columns) {
    using shown_text_detail::continuation;
    int count = 0;
    std::size_t cut = 0;  // where the last character that leaves room for "…" ends
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (continuation(text[i])) continue;
        if (count == columns - 1) cut = i;
        if (++count > columns) return columns <= 0 ? std::string() : cat(text.substr(0, cut), "…");
    }
    return std::string(text);
}

std::string clock_text(std::int64_t us) {
    using shown_text_detail::two_digits;
    const std::int64_t seconds = us < 0 ? 0 : us / 1000000;
    const std::int64_t minutes = seconds / 60;
    if (minutes < 60) return cat(static_cast<long long>(minutes), ":", two_digits(seconds % 60));
    return cat(static_cast<long long>(minutes / 60), ":", two_digits(minutes % 60), ":", two_digits(seconds % 60));
}

std::string seconds_text(std::int64_t us) {
    if (us < 0) us = 0;
    if (us < 1000000) return cat("0.", shown_text_detail::two_digits(us / 10000), "s");
    if (us < 60000000)
        return cat(static_cast<long long>(us / 1000000), ".", static_cast<long long>(us / 100000 % 10), "s");
    return cat(static_cast<long long>(us / 1000000), "s");
}

}  // namespace cermet::report
