// gitignore(5): reading pattern files, git's wildmatch, and the walk from the root down to a path.
// SPDX-License-Identifier: MIT
#include "base/gitignore.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"

namespace cermet {

namespace gitignore_detail {

// Matches with memory of failed (pattern, text) positions, so no pattern is slow.
class Matcher {
   public:
    Matcher(std::string_view pattern, std::string_view text, bool pathname)
        : pattern_(pattern), text_(text), pathname_(pathname), failed_((pattern.size() + 1) * (text.size() + 1), 0) {}
    bool match(std::size_t p, std::size_t t) {
        char& failed = failed_[p * (text_.size() + 1) + t];
        if (failed != 0) return false;
        if (walk(p, t)) return true;
        failed = 1;
        return false;
    }

   private:
    bool walk(std::size_t p, std::size_t t) {
        for (; p < pattern_.size(); ++p, ++t) {
            char c = pattern_[p];
            if (c == '*') return star(p, t);
            if (t >= text_.size()) return false;
            if (c == '?') {
                if (pathname_ && text_[t] == '/') return false;
            } else if (c == '[') {
                if (!char_class(p, text_[t])) return false;
            } else {
                if (c == '\\') {
                    if (++p >= pattern_.size()) return false;
                    c = pattern_[p];
                }
                if (c != text_[t]) return false;
            }
        }
        return t == text_.size();
    }
    bool star(std::size_t p, std::size_t t) {
        std::size_t start = p;
        while (p < pattern_.size() && pattern_[p] == '*') ++p;
        bool crosses = !pathname_;
        if (pathname_ && p - start >= 2) {
            bool after_slash = start == 0 || pattern_[start - 1] == '/';
            std::string_view rest = pattern_.substr(p);
            bool before_slash = rest.empty() || rest[0] == '/' || rest.substr(0, 2) == "\\/";
            crosses = after_slash && before_slash;
            // "**/" may stand for no directory at all.
            if (crosses && !rest.empty() && rest[0] == '/' && match(p + 1, t)) return true;
        }
        if (p == pattern_.size()) {
            return crosses || text_.find('/', t) == std::string_view::npos;
        }
        for (; t <= text_.size(); ++t) {
            if (match(p, t)) return true;
            if (t < text_.size() && !crosses && text_[t] == '/') return false;
        }
        return false;
    }
    static bool in_named_class(std::string_view name, unsigned char c) {
        bool digit = c >= '0' && c <= '9', low = c >= 'a' && c <= 'z', up = c >= 'A' && c <= 'Z';
        bool graph = c > 0x20 && c < 0x7f;
        if (name == "alnum") return digit || low || up;
        if (name == "alpha") return low || up;
        if (name == "blank") return c == ' ' || c == '\t';
        if (name == "cntrl") return c < 0x20 || c == 0x7f;
        if (name == "digit") return digit;
        if (name == "graph") return graph;
        if (name == "lower") return low;
        if (name == "print") return graph || c == ' ';
        if (name == "punct") return graph && !digit && !low && !up;
        if (name == "space") return c == ' ' || (c >= '\t' && c <= '\r');
        if (name == "upper") return up;
        return name == "xdigit" && (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
    }
    static bool known_class(std::string_view name) {
        for (const char* known : {"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
                                  "space", "upper", "xdigit"}) {
            if (name == known) return true;
        }
        return false;
    }
    // `p` is at the '[' of "[:alpha:]" inside a class and ends at its ']'. False: the whole class matches nothing.
    bool named_class(std::size_t& p, unsigned char c, unsigned char& previous, bool& matched) {
        std::size_t close = pattern_.find(']', p + 2);
        if (close == std::string_view::npos) return false;
        if (close == p + 2 || pattern_[close - 1] != ':') {  // a plain '['
            previous = '[';
            matched = matched || c == '[';
            return true;
        }
        std::string_view name = pattern_.substr(p + 2, close - p - 3);
        if (!known_class(name)) return false;
        matched = matched || in_named_class(name, c);
        p = close;
        previous = 0;
        return true;
    }
    // `p` is at '[' and ends at ']'. An unclosed class matches nothing.
    bool char_class(std::size_t& p, char text_char) {
        auto at = [this](std::size_t i) { return i < pattern_.size() ? pattern_[i] : '\0'; };
        unsigned char c = static_cast<unsigned char>(text_char);
        bool matched = false, negated = false;
        ++p;
        if (at(p) == '!' || at(p) == '^') {
            negated = true;
            ++p;
        }
        unsigned char previous = 0;
        bool first = true;
        for (;; ++p, first = false) {
            if (p >= pattern_.size()) return false;
            char k = at(p);
            if (k == ']' && !first) break;
            if (k == '\\') {
                if (++p >= pattern_.size()) return false;
                previous = static_cast<unsigned char>(at(p));
                matched = matched || c == previous;
            } else if (k == '-' && previous != 0 && p + 1 < pattern_.size() && at(p + 1) != ']') {
                ++p;
                if (at(p) == '\\' && ++p >= pattern_.size()) return false;
                matched = matched || (c >= previous && c <= static_cast<unsigned char>(at(p)));
                previous = 0;  // "a-b-c" has one range
            } else if (k == '[' && at(p + 1) == ':') {
                if (!named_class(p, c, previous, matched)) return false;
            } else {
                previous = static_cast<unsigned char>(k);
                matched = matched || c == previous;
            }
        }
        return matched != negated && !(pathname_ && text_char == '/');
    }

    std::string_view pattern_;
    std::string_view text_;
    bool pathname_;
    std::vector<char> failed_;
};

bool special(char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; }

// How much of the pattern is plain text.
std::size_t plain_prefix(std::string_view pattern) {
    std::size_t n = 0;
    while (n < pattern.size() && !special(pattern[n])) ++n;
    return n;
}

bool match_path(std::string_view pattern, std::string_view path) {
    if (!pattern.empty() && pattern.front() == '/') pattern.remove_prefix(1);
    std::size_t plain = plain_prefix(pattern);
    if (path.substr(0, plain) != pattern.substr(0, plain)) return false;
    pattern.remove_prefix(plain);
    path.remove_prefix(plain);
    if (pattern.empty()) return path.empty();
    // As in git, the wildcards are matched without the plain part before them: "a/x**" then crosses directories.
    return wildmatch(pattern, path);
}

bool match_name(std::string_view pattern, std::string_view name) {
    if (plain_prefix(pattern) == pattern.size()) return pattern == name;
    return Matcher(pattern, name, false).match(0, 0);
}

// Drops spaces at the end that no backslash protects.
std::string_view trim_spaces(std::string_view line) {
    std::size_t keep = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == ' ') continue;
        if (line[i] == '\\') ++i;
        keep = std::min(i + 1, line.size());
    }
    return line.substr(0, keep);
}

}  // namespace gitignore_detail

bool wildmatch(std::string_view pattern, std::string_view text) {
    return gitignore_detail::Matcher(pattern, text, true).match(0, 0);
}

std::vector<IgnorePattern> parse_gitignore(std::string_view bytes, std::string_view source) {
    std::vector<IgnorePattern> out;
    if (bytes.substr(0, 3) == "\xef\xbb\xbf") bytes.remove_prefix(3);
    int line_number = 0;
    while (!bytes.empty()) {
        std::size_t end = std::min(bytes.find('\n'), bytes.size());
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        ++line_number;
        if (!line.empty() && line.front() == '#') continue;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        line = gitignore_detail::trim_spaces(line);
        IgnorePattern pattern;
        if (!line.empty() && line.front() == '!') {
            pattern.negated = true;
            line.remove_prefix(1);
        }
        if (!line.empty() && line.back() == '/') {
            pattern.directory_only = true;
            line.remove_suffix(1);
        }
        if (line.empty()) continue;
        pattern.anchored = line.find('/') != std::string_view::npos;
        pattern.glob = std::string(line);
        pattern.source = std::string(source);
        pattern.line = line_number;
        out.push_back(std::move(pattern));
    }
    return out;
}

std::string find_git_root(SourceFiles& files, const std::string& directory) {
    std::string at = directory;
    for (int i = 0; i < 256; ++i) {
        if (files.kind(join_path(at, ".git")) != SourceKind::Absent) return at;
        std::string up(parent(at));
        if (up.empty() || up == at) return "";
        at = up;
    }
    return "";
}

GitIgnore::GitIgnore(SourceFiles& files, std::string root) : files_(files), root_(std::move(root)) {
    std::string exclude = join_path(root_, ".git/info/exclude");
    if (files_.kind(join_path(root_, ".git")) == SourceKind::Directory) {
        if (std::optional<std::string> bytes = files_.read(exclude)) exclude_ = parse_gitignore(*bytes, exclude);
    }
}

const std::vector<IgnorePattern>& GitIgnore::patterns_of(const std::string& directory) {
    auto found = patterns_.find(directory);
    if (found != patterns_.end()) return found->second;
    std::string file = join_path(directory, ".gitignore");
    std::optional<std::string> bytes = files_.read(file);
    auto made = bytes ? parse_gitignore(*bytes, file) : std::vector<IgnorePattern>{};
    return patterns_.emplace(directory, std::move(made)).first->second;
}

// The last pattern that speaks of exactly this path: nearest file first, then info/exclude.
const IgnorePattern* GitIgnore::match_one(const std::string& path, bool is_directory) {
    std::string_view name = file_name(path);
    auto search = [&](const std::vector<IgnorePattern>& patterns, const std::string& base) -> const IgnorePattern* {
        std::string_view below = std::string_view(path).substr(base.size());
        if (!below.empty() && below.front() == '/') below.remove_prefix(1);
        for (std::size_t i = patterns.size(); i-- > 0;) {
            const IgnorePattern& pattern = patterns[i];
            if (pattern.directory_only && !is_directory) continue;
            bool hit = pattern.anchored ? gitignore_detail::match_path(pattern.glob, below)
                                        : gitignore_detail::match_name(pattern.glob, name);
            if (hit) return &pattern;
        }
        return nullptr;
    };
    for (std::string at(parent(path));; at = std::string(parent(at))) {
        if (const IgnorePattern* hit = search(patterns_of(at), at)) return hit;
        if (at == root_ || at.size() <= root_.size()) break;
    }
    return search(exclude_, root_);
}

const IgnorePattern* GitIgnore::why(const std::string& path, bool is_directory) {
    if (path == root_ || !is_within(path, root_)) return nullptr;
    std::string up(parent(path));
    if (up != root_) {
        auto known = decided_directories_.find(up);
        const IgnorePattern* above = known != decided_directories_.end() ? known->second : why(up, true);
        if (known == decided_directories_.end()) decided_directories_[up] = above;
        if (above != nullptr) return above;
    }
    const IgnorePattern* hit = match_one(path, is_directory);
    return hit != nullptr && !hit->negated ? hit : nullptr;
}

void GitIgnore::list_into(const std::string& directory, const std::string& prefix, std::vector<std::string>& out) {
    if (std::count(prefix.begin(), prefix.end(), '/') > 200) return;  // a loop of links
    for (const SourceEntry& entry : files_.list(directory)) {
        if (entry.name == ".git") continue;
        std::string path = join_path(directory, entry.name);
        bool is_directory = entry.kind == SourceKind::Directory;
        if (ignored(path, is_directory)) continue;
        std::string below = prefix.empty() ? entry.name : cat(prefix, "/", entry.name);
        if (is_directory)
            list_into(path, below, out);
        else
            out.push_back(below);
    }
}

std::vector<std::string> GitIgnore::list(const std::string& directory) {
    std::vector<std::string> out;
    if (directory != root_ && ignored(directory, true)) return out;
    list_into(directory, "", out);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace cermet
