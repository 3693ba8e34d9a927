// The two depfile parsers.
// SPDX-License-Identifier: MIT
#include "exec/depfile.h"

#include <unordered_set>

#include "base/text.h"

namespace cermet::exec {

namespace depfile_detail {

class UniqueNames {
   public:
    void add(std::string name) {
        if (!name.empty() && seen_.insert(name).second) names_.push_back(std::move(name));
    }
    std::vector<std::string> take() { return std::move(names_); }

   private:
    std::unordered_set<std::string> seen_;
    std::vector<std::string> names_;
};

// One logical line of a Makefile as words, with a mark on the word behind which the rule's colon
// stands.
struct MakeLine {
    std::vector<std::string> words;
    std::size_t targets = 0;  // words before the colon
    bool colon = false;
};

// Reads `in` from `at` to the end of the logical line (a backslash before the newline joins lines).
class MakeReader {
   public:
    explicit MakeReader(std::string_view in) : in_(in) {}
    bool at_end() const { return at_ >= in_.size(); }
    int line() const { return line_; }

    MakeLine next() {
        MakeLine result;
        std::string word;
        bool in_word = false;
        auto finish = [&] {
            if (in_word) result.words.push_back(std::move(word));
            word.clear();
            in_word = false;
        };
        while (!at_end()) {
            const char c = in_[at_];
            if (c == '\n') {
                ++at_;
                ++line_;
                break;
            }
            if (c == '\\' && continuation()) {
                finish();
            } else if (c == ' ' || c == '\t' || c == '\r') {
                ++at_;
                finish();
            } else if (c == '#' && !in_word) {
                skip_comment();
            } else if (c == ':' && !result.colon && ends_targets()) {
                ++at_;
                finish();
                result.colon = true;
                result.targets = result.words.size();
            } else {
                in_word = true;
                take_character(word);
            }
        }
        finish();
        return result;
    }

   private:
    char peek(std::size_t ahead) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }

    bool continuation() {
        const std::size_t skip = peek(1) == '\r' && peek(2) == '\n' ? 3 : (peek(1) == '\n' ? 2 : 0);
        if (skip == 0) return false;
        at_ += skip;
        ++line_;
        return true;
    }

    // "C:\x" is no target: the colon of a rule is followed by white space or the line's end.
    bool ends_targets() const {
        const char next_one = peek(1);
        return at_ + 1 >= in_.size() || next_one == ' ' || next_one == '\t' || next_one == '\n' || next_one == '\r' ||
               (next_one == '\\' && (peek(2) == '\n' || peek(2) == '\r')) || next_one == ':';
    }

    void skip_comment() {
        while (!at_end() && in_[at_] != '\n') ++at_;
    }

    // Backslashes are doubled before an escaped space only; elsewhere they are themselves.
    void take_character(std::string& word) {
        if (in_[at_] == '$' && peek(1) == '$') {
            word.push_back('$');
            at_ += 2;
            return;
        }
        if (in_[at_] != '\\') {
            word.push_back(in_[at_++]);
            return;
        }
        std::size_t slashes = 0;
        while (peek(slashes) == '\\') ++slashes;
        const char after = peek(slashes);
        if (after == ' ' || after == '\t') {
            word.append(slashes / 2, '\\');
            at_ += slashes;
            if (slashes % 2 == 1) word.push_back(in_[at_++]);
        } else if (after == '#') {
            word.append(slashes - 1, '\\');
            at_ += slashes;
            word.push_back(in_[at_++]);
        } else if (after == '\n' || after == '\r') {
            word.append(slashes - 1, '\\');  // the last one joins the lines
            at_ += slashes - 1;
            if (slashes == 1 && !(after == '\n' || peek(2) == '\n')) {
                word.push_back('\\');
                ++at_;
            } else if (slashes > 1 && after == '\r' && peek(2) != '\n') {
                word.push_back('\\');
                ++at_;
            }
        } else {
            word.append(slashes, '\\');
            at_ += slashes;
        }
    }

    std::string_view in_;
    std::size_t at_ = 0;
    int line_ = 1;
};

// rustc escapes spaces alone.
std::vector<std::string> split_escaped_spaces(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ' ') {
            word.push_back(' ');
            ++i;
        } else if (text[i] == ' ') {
            if (!word.empty()) words.push_back(std::move(word));
            word.clear();
        } else {
            word.push_back(text[i]);
        }
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

std::string unescape_environment(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 >= text.size()) {
            out.push_back(text[i]);
            continue;
        }
        ++i;
        out.push_back(text[i] == 'n' ? '\n' : text[i] == 'r' ? '\r' : text[i]);
    }
    return out;
}

std::size_t rule_colon(std::string_view line) {
    for (std::size_t at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
        if (at + 1 == line.size() || line[at + 1] == ' ') return at;
    }
    return std::string_view::npos;
}

}  // namespace depfile_detail

Result<std::vector<std::string>> parse_depfile(std::string_view bytes, std::string_view name) {
    depfile_detail::UniqueNames names;
    depfile_detail::MakeReader reader(bytes);
    while (!reader.at_end()) {
        const int line_number = reader.line();
        depfile_detail::MakeLine line = reader.next();
        if (line.words.empty()) continue;
        if (!line.colon) {
            return step_error("a compiler wrote a depfile that is no list of rules").at(std::string(name), line_number);
        }
        for (std::size_t i = line.targets; i < line.words.size(); ++i) names.add(std::move(line.words[i]));
    }
    return names.take();
}

Result<DepInfoFile> parse_dep_info(std::string_view bytes, std::string_view name) {
    using namespace depfile_detail;
    DepInfoFile found;
    UniqueNames names;
    int line_number = 0;
    for (const std::string& line : split_lines(bytes)) {
        ++line_number;
        constexpr std::string_view k_environment = "# env-dep:";
        if (line.compare(0, k_environment.size(), k_environment) == 0) {
            const std::string_view text = std::string_view(line).substr(k_environment.size());
            const std::size_t equals = text.find('=');
            std::optional<std::string> value;
            if (equals != std::string_view::npos) value = unescape_environment(text.substr(equals + 1));
            found.environment.emplace_back(unescape_environment(text.substr(0, equals)), std::move(value));
            continue;
        }
        if (line.empty() || line.front() == '#') continue;
        const std::size_t colon = rule_colon(line);
        if (colon == std::string::npos) {
            return step_error("rustc wrote a dep-info file that is no list of rules")
                .at(std::string(name), line_number);
        }
        for (std::string& word : split_escaped_spaces(std::string_view(line).substr(colon + 1))) {
            names.add(std::move(word));
        }
    }
    found.files = names.take();
    return found;
}

}  // namespace cermet::exec
