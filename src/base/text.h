// Text: joining, splitting, matching and quoting of UTF-8 strings.
// SPDX-License-Identifier: MIT
// Knows no files. All functions are pure and thread-safe; views returned point into their argument.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cermet {

// cat("a", 1, 'c', view) -> "a1c…". Accepts what std::string(…) or std::to_string takes.
std::string to_text(std::string_view v);
std::string to_text(char v);
std::string to_text(bool v) = delete;
std::string to_text(long long v);
std::string to_text(unsigned long long v);
std::string to_text(double v);
inline std::string to_text(const char* v) { return to_text(std::string_view(v)); }
inline std::string to_text(const std::string& v) { return v; }
inline std::string to_text(int v) { return to_text(static_cast<long long>(v)); }
inline std::string to_text(long v) { return to_text(static_cast<long long>(v)); }
inline std::string to_text(unsigned v) { return to_text(static_cast<unsigned long long>(v)); }
inline std::string to_text(unsigned long v) { return to_text(static_cast<unsigned long long>(v)); }

template <class... Parts>
std::string cat(const Parts&... parts) {
    std::string out;
    (out.append(to_text(parts)), ...);
    return out;
}

std::vector<std::string> split(std::string_view text, char separator);  // "a,,b" -> a "" b; "" -> {""}
std::vector<std::string> split_words(std::string_view text);            // on runs of ASCII white space
std::vector<std::string> split_lines(std::string_view text);            // without \n or \r\n; no last empty line
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);  // ASCII only
std::string upper(std::string_view text);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
bool contains(std::string_view text, std::string_view part);

std::string hex(std::string_view bytes);
bool unhex(std::string_view text, std::string& bytes);
std::string base64url(std::string_view bytes);  // RFC 4648 §5 without padding, as RECORD wants it

bool valid_utf8(std::string_view bytes);

// Shell words as POSIX sh splits them (quotes, backslashes; no expansion): for CFLAGS and the like.
bool split_shell(std::string_view text, std::vector<std::string>& words);
std::string shell_quote(std::string_view word);  // only quotes where needed
std::string shell_join(const std::vector<std::string>& words);

// The candidate nearest to `word` by edit distance, if near enough to be a typo; empty otherwise.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// Path globs: `*` and `?` within one segment, `**` any number of segments, `[a-z]` classes. No brace expansion.
bool glob_match(std::string_view pattern, std::string_view path);
bool has_glob(std::string_view pattern);

}  // namespace cermet
