// Text: joining, splitting, matching and quoting.
// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace cermet {

namespace text_detail {

constexpr std::string_view k_space = " \t\n\r\f\v";

bool is_space(char c) { return k_space.find(c) != std::string_view::npos; }

char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

char upper_char(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower_char(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

template <class Number>
std::string number_text(Number v) {
    char buffer[48];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, v);
    return std::string(buffer, end.ptr);
}

// Length of the valid UTF-8 character at the front of `s`, or 0. Rejects overlong forms and
// surrogates (RFC 3629).
std::size_t utf8_length(std::string_view s) {
    if (s.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return i < s.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = lead == 0xed ? 0x9f : 0xbf;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

// Takes one character off the front; a byte that is not UTF-8 is a character of its own, above all
// real ones.
std::uint32_t take_character(std::string_view& s) {
    const std::size_t n = utf8_length(s);
    const auto first = static_cast<unsigned char>(s[0]);
    std::uint32_t out = first;
    if (n == 0) {
        out = 0x110000U + first;
    } else if (n > 1) {
        out = first & (0xffU >> (n + 1));
        for (std::size_t i = 1; i < n; ++i) out = (out << 6) | (static_cast<unsigned char>(s[i]) & 0x3fU);
    }
    s.remove_prefix(n == 0 ? 1 : n);
    return out;
}

// Where the class that opens at pattern[0] ends (the index of its ']'); npos when it never does. A
// ']' right after the opening, or after the negation, stands for itself.
std::size_t class_end(std::string_view pattern) {
    std::size_t i = 1;
    if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
    if (i < pattern.size() && pattern[i] == ']') ++i;
    return pattern.find(']', i);
}

bool class_matches(std::string_view inside, std::uint32_t c) {
    const bool negated = !inside.empty() && (inside[0] == '!' || inside[0] == '^');
    if (negated) inside.remove_prefix(1);
    bool found = false;
    while (!inside.empty()) {
        const std::uint32_t low = take_character(inside);
        std::uint32_t high = low;
        if (inside.size() >= 2 && inside[0] == '-') {
            inside.remove_prefix(1);
            high = take_character(inside);
        }
        found = found || (low <= c && c <= high);
    }
    return found != negated;
}

// One segment against one segment. Only the last `*` needs to be tried again, so the time is at
// most the product.
bool segment_match(std::string_view pattern, std::string_view text) {
    std::string_view retry_pattern, retry_text;
    bool have_star = false;
    while (true) {
        if (!pattern.empty() && pattern[0] == '*') {
            pattern.remove_prefix(1);
            retry_pattern = pattern;
            retry_text = text;
            have_star = true;
            continue;
        }
        if (text.empty() && pattern.empty()) return true;
        bool matched = false;
        if (!text.empty() && !pattern.empty()) {
            const std::size_t end = pattern[0] == '[' ? class_end(pattern) : std::string_view::npos;
            const std::uint32_t c = take_character(text);
            if (end != std::string_view::npos) {
                matched = class_matches(pattern.substr(1, end - 1), c);
                pattern.remove_prefix(end + 1);
            } else if (pattern[0] == '?') {
                matched = true;
                pattern.remove_prefix(1);
            } else {
                matched = take_character(pattern) == c;
            }
        }
        if (matched) continue;
        if (!have_star || retry_text.empty()) return false;
        take_character(retry_text);
        pattern = retry_pattern;
        text = retry_text;
    }
}

// Case and -/_ are often what is mistyped: they do not count.
std::string folded(std::string_view word) {
    std::string out = lower(word);
    std::replace(out.begin(), out.end(), '_', '-');
    return out;
}

// Edit distance with swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before[j - 2] + 1);
            }
        }
        before.swap(previous);
        previous.swap(current);
    }
    return previous[b.size()];
}

bool safe_in_shell(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

}  // namespace text_detail

std::string to_text(std::string_view v) { return std::string(v); }

std::string to_text(char v) { return std::string(1, v); }

std::string to_text(long long v) { return text_detail::number_text(v); }

std::string to_text(unsigned long long v) { return text_detail::number_text(v); }

std::string to_text(double v) {
    return text_detail::number_text(v);  // shortest text that reads back as the same value
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t at = text.find(separator);
        out.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t start = text.find_first_not_of(text_detail::k_space);
        if (start == std::string_view::npos) return out;
        text.remove_prefix(start);
        const std::size_t end = text.find_first_of(text_detail::k_space);
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end);
    }
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t at = text.find('\n');
        std::string_view line = text.substr(0, at);
        text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
        if (!line.empty() && line.back() == '\r' && at != std::string_view::npos) line.remove_suffix(1);
        out.emplace_back(line);
    }
    return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const std::string& part : parts) {
        if (&part != &parts.front()) out.append(separator);
        out.append(part);
    }
    return out;
}

std::string_view trim(std::string_view text) {
    const std::size_t start = text.find_first_not_of(text_detail::k_space);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(text_detail::k_space) - start + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), text_detail::lower_char);
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), text_detail::upper_char);
    return out;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    if (from.empty()) return std::string(text);
    while (true) {
        const std::size_t at = text.find(from);
        out.append(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        out.append(to);
        text.remove_prefix(at + from.size());
    }
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto u = static_cast<unsigned char>(c);
        out.push_back(digits[u >> 4]);
        out.push_back(digits[u & 15]);
    }
    return out;
}

bool unhex(std::string_view text, std::string& bytes) {
    if (text.size() % 2 != 0) return false;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = text_detail::hex_value(text[i]);
        const int low = text_detail::hex_value(text[i + 1]);
        if (high < 0 || low < 0) return false;
        out.push_back(static_cast<char>(static_cast<unsigned char>(high * 16 + low)));
    }
    bytes = std::move(out);
    return true;
}

std::string base64url(std::string_view bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) out.push_back(digits[(bits >> (count - 6)) & 63]);
    }
    if (count > 0) out.push_back(digits[(bits << (6 - count)) & 63]);
    return out;
}

bool valid_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t n = text_detail::utf8_length(bytes);
        if (n == 0) return false;
        bytes.remove_prefix(n);
    }
    return true;
}

namespace text_detail {

// `at` is at the opening quote and ends at the closing one; false where there is none.
bool double_quoted(std::string_view text, std::size_t& at, std::string& word) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"') return true;
        const std::string_view next = text[at] == '\\' ? text.substr(at + 1, 1) : std::string_view();
        if (next == "\n") {
            ++at;  // both characters vanish
            continue;
        }
        if (!next.empty() && contains("$`\"\\", next)) ++at;
        word.push_back(text[at]);
    }
    return false;
}

}  // namespace text_detail

bool split_shell(std::string_view text, std::vector<std::string>& words) {
    std::vector<std::string> out;
    std::string word;
    bool in_word = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (text_detail::is_space(c)) {
            if (in_word) out.push_back(std::move(word));
            word.clear();
            in_word = false;
            continue;
        }
        if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
            ++i;  // a continued line: both characters vanish
            continue;
        }
        in_word = true;
        if (c == '\'') {
            const std::size_t end = text.find('\'', i + 1);
            if (end == std::string_view::npos) return false;
            word.append(text.substr(i + 1, end - i - 1));
            i = end;
        } else if (c == '"') {
            if (!text_detail::double_quoted(text, i, word)) return false;
        } else if (c == '\\') {
            if (++i >= text.size()) return false;
            word.push_back(text[i]);
        } else {
            word.push_back(c);
        }
    }
    if (in_word) out.push_back(std::move(word));
    words = std::move(out);
    return true;
}

std::string shell_quote(std::string_view word) {
    const bool safe = !word.empty() && std::all_of(word.begin(), word.end(), text_detail::safe_in_shell);
    if (safe) return std::string(word);
    return cat('\'', replace_all(word, "'", "'\\''"), '\'');
}

std::string shell_join(const std::vector<std::string>& words) {
    std::vector<std::string> quoted;
    quoted.reserve(words.size());
    for (const std::string& word : words) quoted.push_back(shell_quote(word));
    return join(quoted, " ");
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr std::size_t k_longest = 128;  // nobody mistypes longer ones, and the time is quadratic
    if (word.empty() || word.size() > k_longest) return {};
    const std::string wanted = text_detail::folded(word);
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        if (candidate.empty() || candidate.size() > k_longest) continue;
        const std::size_t distance = text_detail::edit_distance(wanted, text_detail::folded(candidate));
        if (distance < best_distance && distance < candidate.size()) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

bool glob_match(std::string_view pattern, std::string_view path) {
    const std::vector<std::string> patterns = split(pattern, '/');
    const std::vector<std::string> parts = split(path, '/');
    // As in segment_match: only the last `**` needs to be tried again.
    std::size_t p = 0, t = 0, retry_p = 0, retry_t = 0;
    bool have_star = false;
    while (true) {
        if (p < patterns.size() && patterns[p] == "**") {
            retry_p = ++p;
            retry_t = t;
            have_star = true;
        } else if (p == patterns.size() && t == parts.size()) {
            return true;
        } else if (p < patterns.size() && t < parts.size() && text_detail::segment_match(patterns[p], parts[t])) {
            ++p;
            ++t;
        } else if (have_star && retry_t < parts.size()) {
            p = retry_p;
            t = ++retry_t;
        } else {
            return false;
        }
    }
}

bool has_glob(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

}  // namespace cermet
