// Licences: the small grammar of SPDX expressions, and globs that mean the same to every back end.
// SPDX-License-Identifier: MIT
#include "languages/python/license.h"

#include <algorithm>
#include <map>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/spdx.h"

namespace cermet::python {

namespace license_detail {

using Identifiers = std::map<std::string, std::string>;  // lower case -> as SPDX writes it

Identifiers index_of(const char* words) {
    Identifiers out;
    for (const std::string& word : split_words(words)) out[lower(word)] = word;
    return out;
}

const Identifiers& licenses() {
    static const Identifiers all = index_of(k_spdx_licenses);
    return all;
}

const Identifiers& exceptions() {
    static const Identifiers all = index_of(k_spdx_exceptions);
    return all;
}

Error unknown(std::string_view what, const std::string& word, const Identifiers& known) {
    std::vector<std::string> names;
    for (const auto& [key, name] : known) names.push_back(key);
    // A slip is short: an edit distance to hundreds of names is not for a page of text.
    std::string near = word.size() <= 64 ? nearest(lower(word), names) : "";
    return project_error(cat("unknown ", what, " '", word, "'"),
                         near.empty() ? std::string("use an identifier of spdx.org/licenses, or LicenseRef-<name>")
                                      : cat("did you mean ", known.at(near), "?"));
}

bool is_operator(const std::string& lowered) {
    return lowered == "and" || lowered == "or" || lowered == "with" || lowered == "(" || lowered == ")";
}

Result<std::string> identifier(const std::string& word) {
    std::string lowered = lower(word);
    if (lowered.compare(0, 11, "licenseref-") == 0) {
        std::string rest = word.substr(11);
        bool good = !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
        });
        if (!good)
            return project_error(cat("'", word, "' is not a licence reference"),
                                 "LicenseRef- is followed by letters, digits, . and -");
        return "LicenseRef-" + rest;
    }
    bool plus = lowered.size() > 1 && lowered.back() == '+';
    if (plus) lowered.pop_back();
    auto found = licenses().find(lowered);
    if (found == licenses().end()) {
        return unknown("licence", plus ? word.substr(0, word.size() - 1) : word, licenses());
    }
    return plus ? found->second + "+" : found->second;
}

// Alternates between "an operand must come" and "an operator must come".
class Expression {
   public:
    explicit Expression(std::string_view text) : text_(text) {
        std::string padded = replace_all(replace_all(text, "(", " ( "), ")", " ) ");
        words_ = split_words(padded);
    }
    Result<std::string> normalise() {
        bool want_operand = true;
        int depth = 0;
        for (std::size_t i = 0; i < words_.size(); ++i) {
            std::string word = lower(words_[i]);
            if (want_operand) {
                if (word == "(") {
                    ++depth;
                    out_.push_back("(");
                    continue;
                }
                if (is_operator(word)) return broken();
                TRY(id, identifier(words_[i]));
                out_.push_back(id);
                want_operand = false;
                if (i + 1 < words_.size() && lower(words_[i + 1]) == "with") {
                    TRY_VOID(exception(i + 2));
                    i += 2;
                }
            } else if (word == ")") {
                if (--depth < 0) return broken();
                out_.push_back(")");
            } else if (word == "and" || word == "or") {
                out_.push_back(upper(word));
                want_operand = true;
            } else {
                return broken();
            }
        }
        if (want_operand || depth != 0) return broken();
        return replace_all(replace_all(join(out_, " "), "( ", "("), " )", ")");
    }

   private:
    Error broken() const {
        return project_error(cat("'", text_, "' is not a licence expression"),
                             "write SPDX identifiers joined by AND, OR and WITH: MIT OR Apache-2.0");
    }
    Status exception(std::size_t at) {
        if (at >= words_.size() || is_operator(lower(words_[at]))) return broken();
        auto found = exceptions().find(lower(words_[at]));
        if (found == exceptions().end()) return unknown("licence exception", words_[at], exceptions());
        out_.push_back("WITH");
        out_.push_back(found->second);
        return {};
    }

    std::string text_;
    std::vector<std::string> words_;
    std::vector<std::string> out_;
};

void collect(SourceFiles& files, const std::string& directory, const std::string& prefix, bool deep,
             std::string_view pattern, std::vector<std::string>& out, int depth) {
    if (depth > 64) return;
    for (const SourceEntry& entry : files.list(directory)) {
        std::string path = prefix.empty() ? entry.name : cat(prefix, "/", entry.name);
        if (entry.kind == SourceKind::File && glob_match(pattern, path)) out.push_back(path);
        if (entry.kind == SourceKind::Directory && deep && entry.name != ".git") {
            collect(files, join_path(directory, entry.name), path, deep, pattern, out, depth + 1);
        }
    }
}

}  // namespace license_detail

Result<std::string> normalise_license(std::string_view expression) {
    return license_detail::Expression(expression).normalise();
}

Status check_portable_glob(std::string_view pattern) {
    auto bad = [pattern](std::string_view why) {
        return project_error(cat("'", pattern, "' is not a portable glob: ", why),
                             "use names with letters, digits, _ - . and the wildcards * ? ** [a-z]");
    };
    if (pattern.empty()) return bad("it is empty");
    if (pattern.front() == '/') return bad("it is absolute");
    bool in_class = false;
    for (char c : pattern) {
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                     c == '-' || c == '.' || (c & 0x80) != 0;
        if (in_class) {
            if (c == ']')
                in_class = false;
            else if (!plain)
                return bad("a class holds only letters, digits, _ - .");
        } else if (c == '[') {
            in_class = true;
        } else if (!plain && c != '*' && c != '?' && c != '/' && c != ' ') {
            return bad(cat("the character ", c, " is not allowed"));
        }
    }
    if (in_class) return bad("a [ has no ]");
    for (const std::string& segment : split(pattern, '/')) {
        if (segment == "..") return bad("it leaves the project");
        if (segment.empty()) return bad("it has an empty segment");
        if (segment != "**" && contains(segment, "**")) return bad("** must be a whole segment");
    }
    return {};
}

std::vector<std::string> expand_portable_glob(SourceFiles& files, const std::string& directory,
                                              std::string_view pattern) {
    std::vector<std::string> out;
    std::string plain = normalise(pattern);
    if (!has_glob(pattern)) {
        if (files.kind(join_path(directory, plain)) == SourceKind::File) out.push_back(plain);
        return out;
    }
    // Begin below the part without wildcards, so that one pattern does not list the whole tree.
    std::vector<std::string> segments = split(plain, '/');
    std::string start;
    while (segments.size() > 1 && !has_glob(segments.front())) {
        start = start.empty() ? segments.front() : cat(start, "/", segments.front());
        segments.erase(segments.begin());
    }
    license_detail::collect(files, start.empty() ? directory : join_path(directory, start), start,
                            segments.size() > 1 || segments[0] == "**", plain, out, 0);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace cermet::python
