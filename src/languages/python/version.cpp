// Versions: PEP 440 parsing, ordering, printing, and specifiers.
// SPDX-License-Identifier: MIT
#include "languages/python/version.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace cermet::python {

namespace version_detail {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_separator(char c) { return c == '.' || c == '_' || c == '-'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What may follow the release: the operators of specifiers differ in it.
struct Grammar {
    bool wildcard = false;
    bool local = true;
    bool two_segments = false;
};

// A greedy reader of one version; it never needs to go back because each part begins differently.
class Reader {
   public:
    Reader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    // Reads as much as is a version; false when not even a release is there.
    bool read(const Grammar& grammar, Version& out, bool& wildcard) {
        wildcard = false;
        if (peek() == 'v' || peek() == 'V') ++at_;
        if (!read_release(out)) return false;
        if (grammar.two_segments && out.release.size() < 2) return false;
        if (grammar.wildcard && text_.substr(at_, 2) == ".*") {
            at_ += 2;
            wildcard = true;
            return true;
        }
        read_pre(out);
        read_post(out);
        read_dev(out);
        if (grammar.local) read_local(out);
        return true;
    }
    std::size_t at() const { return at_; }

   private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    std::string_view digits() {
        std::size_t start = at_;
        while (is_digit(peek())) ++at_;
        return text_.substr(start, at_ - start);
    }
    bool word(std::size_t from, std::string_view want) const {
        return lower(text_.substr(std::min(from, text_.size()), want.size())) == want;
    }
    bool read_release(Version& out) {
        std::string_view first = digits();
        if (first.empty()) return false;
        if (peek() == '!' && is_digit(peek(1))) {
            out.epoch = Natural(first);
            ++at_;
            first = digits();
        }
        out.release.push_back(Natural(first));
        while (peek() == '.' && is_digit(peek(1))) {
            ++at_;
            out.release.push_back(Natural(digits()));
        }
        return true;
    }
    // [separator] word [separator] [digits]; the position is kept when no word matches.
    const char* read_word(const std::vector<const char*>& words, Natural& number) {
        std::size_t start = at_ + (is_separator(peek()) ? 1 : 0);
        for (const char* candidate : words) {
            if (!word(start, candidate)) continue;
            at_ = start + std::string_view(candidate).size();
            if (is_separator(peek())) ++at_;
            number = Natural(digits());
            return candidate;
        }
        return nullptr;
    }
    void read_pre(Version& out) {
        static const std::vector<const char*> words = {"alpha", "a", "beta", "b", "preview", "pre", "c", "rc"};
        const char* found = read_word(words, out.pre_number);
        if (found == nullptr) return;
        out.pre = found[0] == 'a'   ? Version::Pre::Alpha
                  : found[0] == 'b' ? Version::Pre::Beta
                                    : Version::Pre::Candidate;
    }
    void read_post(Version& out) {
        if (peek() == '-' && is_digit(peek(1))) {
            ++at_;
            out.post = Natural(digits());
            return;
        }
        static const std::vector<const char*> words = {"post", "rev", "r"};
        Natural number;
        if (read_word(words, number) != nullptr) out.post = number;
    }
    void read_dev(Version& out) {
        static const std::vector<const char*> words = {"dev"};
        Natural number;
        if (read_word(words, number) != nullptr) out.dev = number;
    }
    void read_local(Version& out) {
        if (peek() != '+' || !is_alnum(peek(1))) return;
        ++at_;
        for (;;) {
            std::size_t start = at_;
            while (is_alnum(peek())) ++at_;
            std::string_view segment = text_.substr(start, at_ - start);
            bool number = std::all_of(segment.begin(), segment.end(), is_digit);
            out.local.push_back(number ? Natural(segment).text() : lower(segment));
            if (!is_separator(peek()) || !is_alnum(peek(1))) return;
            ++at_;
        }
    }

    std::string_view text_;
    std::size_t at_;
};

std::string_view strip(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::size_t trimmed(const std::vector<Natural>& release) {
    std::size_t size = release.size();
    while (size > 0 && release[size - 1].zero()) --size;
    return size;
}

std::strong_ordering compare_release(const std::vector<Natural>& a, const std::vector<Natural>& b) {
    std::size_t a_size = trimmed(a), b_size = trimmed(b);
    for (std::size_t i = 0; i < std::min(a_size, b_size); ++i) {
        auto order = a[i] <=> b[i];
        if (order != 0) return order;
    }
    return a_size <=> b_size;
}

// Where the pre part stands: a bare dev release before every pre-release, a final one after.
int pre_rank(const Version& v) {
    if (v.pre != Version::Pre::None) return static_cast<int>(v.pre);
    return !v.post && v.dev ? 0 : 4;
}

bool is_number(const std::string& segment) {
    return is_digit(segment.front()) && std::all_of(segment.begin(), segment.end(), is_digit);
}

std::strong_ordering compare_local(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        bool a_number = is_number(a[i]), b_number = is_number(b[i]);
        if (a_number != b_number) return a_number <=> b_number;  // words before numbers
        auto order = a_number ? Natural(a[i]) <=> Natural(b[i]) : (a[i].compare(b[i]) <=> 0);
        if (order != 0) return order;
    }
    return a.size() <=> b.size();
}

// The first version that no longer begins with this release: 1.2 -> 1.3.dev0.
Version after_prefix(const Version& v, std::size_t segments) {
    Version out;
    out.epoch = v.epoch;
    out.release.assign(v.release.begin(), v.release.begin() + static_cast<std::ptrdiff_t>(segments));
    out.release.back() = out.release.back().next();
    out.dev = Natural();
    return out;
}

bool less_than(const Version& candidate, Version bound) {
    if (!bound.is_prerelease()) {
        bound.dev = Natural();
        bound.local.clear();
    }
    return candidate < bound;
}

bool greater_than(const Version& candidate, Version bound) {
    if (bound.dev) {
        bound.dev = bound.dev->next();
        bound.local.clear();
        return candidate >= bound;
    }
    if (bound.post) {
        bound.post = bound.post->next();
        bound.dev = Natural();
        bound.local.clear();
        return candidate >= bound;
    }
    bool family = candidate.epoch == bound.epoch && candidate.pre == bound.pre &&
                  compare_release(candidate.release, bound.release) == 0 &&
                  (bound.pre == Version::Pre::None || candidate.pre_number == bound.pre_number);
    return candidate > bound && !family;
}

// The operator and the version without zeros at the release's end, which only ~= counts.
std::string canonical(const Specifier& specifier) {
    std::optional<Version> own = specifier.op == "===" ? std::nullopt : Version::find(specifier.version);
    if (!own) return specifier.text();
    std::size_t keep = specifier.op == "~=" ? own->release.size() : trimmed(own->release);
    own->release.resize(keep == 0 ? 1 : keep);
    return specifier.op + own->text();
}

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

}  // namespace version_detail

Natural::Natural(std::string_view digits) {
    std::size_t zeros = digits.find_first_not_of('0');
    digits_ = zeros == std::string_view::npos ? "0" : std::string(digits.substr(zeros));
}

Natural Natural::next() const {
    std::string digits = digits_;
    std::size_t i = digits.size();
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i == 0)
        digits.insert(digits.begin(), '1');
    else
        ++digits[i - 1];
    return Natural(digits);
}

std::strong_ordering Natural::operator<=>(const Natural& other) const {
    if (digits_.size() != other.digits_.size()) return digits_.size() <=> other.digits_.size();
    return digits_.compare(other.digits_) <=> 0;
}

std::optional<Version> Version::find(std::string_view text) {
    text = version_detail::strip(text);
    Version out;
    bool wildcard = false;
    version_detail::Reader reader(text, 0);
    if (!reader.read({}, out, wildcard) || reader.at() != text.size()) return std::nullopt;
    return out;
}

Result<Version> Version::parse(std::string_view text) {
    std::optional<Version> found = find(text);
    if (found) return *std::move(found);
    return project_error(cat("'", text, "' is not a version"),
                         "write it as PEP 440 says, for example 1.2.0, 1.2rc1 or 1.2.dev3");
}

std::string Version::base_text() const {
    std::string out = epoch.zero() ? "" : cat(epoch.text(), "!");
    for (std::size_t i = 0; i < release.size(); ++i) {
        if (i > 0) out += '.';
        out += release[i].text();
    }
    return out;
}

std::string Version::public_text() const {
    std::string out = base_text();
    if (pre == Pre::Alpha) out += "a";
    if (pre == Pre::Beta) out += "b";
    if (pre == Pre::Candidate) out += "rc";
    if (pre != Pre::None) out += pre_number.text();
    if (post) out += ".post" + post->text();
    if (dev) out += ".dev" + dev->text();
    return out;
}

std::string Version::text() const { return local.empty() ? public_text() : public_text() + "+" + join(local, "."); }

Version Version::public_version() const {
    Version out = *this;
    out.local.clear();
    return out;
}

Version Version::base_version() const {
    Version out;
    out.epoch = epoch;
    out.release = release;
    return out;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
    using namespace version_detail;
    if (auto order = epoch <=> other.epoch; order != 0) return order;
    if (auto order = compare_release(release, other.release); order != 0) return order;
    if (auto order = pre_rank(*this) <=> pre_rank(other); order != 0) return order;
    if (pre != Pre::None) {
        if (auto order = pre_number <=> other.pre_number; order != 0) return order;
    }
    if (auto order = post.has_value() <=> other.post.has_value(); order != 0) return order;
    if (post) {
        if (auto order = *post <=> *other.post; order != 0) return order;
    }
    if (auto order = other.dev.has_value() <=> dev.has_value(); order != 0) return order;
    if (dev) {
        if (auto order = *dev <=> *other.dev; order != 0) return order;
    }
    return compare_local(local, other.local);
}

std::size_t specifier_prefix(std::string_view text) {
    using namespace version_detail;
    static const char* const operators[] = {"===", "==", "~=", "!=", "<=", ">=", "<", ">"};
    std::string_view op;
    for (const char* candidate : operators) {
        if (starts_with(text, candidate)) {
            op = candidate;
            break;
        }
    }
    if (op.empty()) return 0;
    std::size_t at = op.size();
    while (at < text.size() && is_space(text[at])) ++at;
    if (op == "===") {
        while (at < text.size() && !is_space(text[at]) && text[at] != ';' && text[at] != ')') ++at;
        return at;
    }
    Grammar grammar;
    grammar.wildcard = grammar.local = op == "==" || op == "!=";
    grammar.two_segments = op == "~=";
    Version version;
    bool wildcard = false;
    Reader reader(text, at);
    return reader.read(grammar, version, wildcard) ? reader.at() : 0;
}

bool Specifier::contains(const Version& candidate) const {
    using namespace version_detail;
    if (op == "===") return lower(candidate.text()) == lower(version);
    bool wildcard = version.size() > 2 && version.compare(version.size() - 2, 2, ".*") == 0;
    std::optional<Version> own = Version::find(wildcard ? version.substr(0, version.size() - 2) : version);
    if (!own) return false;
    if (wildcard) {
        Version first = *own;
        first.dev = Natural();
        bool inside = candidate >= first && candidate < after_prefix(*own, own->release.size());
        return (op == "==") == inside;
    }
    if (op == ">=") return candidate >= *own;
    if (op == "<=") return candidate.public_version() <= *own;
    if (op == ">") return greater_than(candidate, *own);
    if (op == "<") return less_than(candidate, *own);
    if (op == "~=") {
        return candidate >= *own && candidate < after_prefix(*own, own->release.size() - 1);
    }
    bool equal = (own->local.empty() ? candidate.public_version() : candidate) == *own;
    return (op == "==") == equal;
}

bool Specifier::contains_text(std::string_view candidate) const {
    if (op == "===") return lower(candidate) == lower(version);
    std::optional<Version> parsed = Version::find(candidate);
    return parsed && contains(*parsed);
}

bool Specifier::names_prerelease() const {
    if (op == "!=" || (version.size() > 2 && version.compare(version.size() - 2, 2, ".*") == 0)) {
        return false;
    }
    std::optional<Version> own = Version::find(version);
    return own && own->is_prerelease();
}

Result<SpecifierSet> SpecifierSet::parse(std::string_view text) {
    using namespace version_detail;
    SpecifierSet out;
    for (const std::string& part : split(text, ',')) {
        std::string_view piece = strip(part);
        if (piece.empty()) continue;
        if (specifier_prefix(piece) != piece.size()) {
            return project_error(cat("'", piece, "' is not a version specifier"),
                                 "write an operator (~= == != <= >= < >) and a version: >=1.2");
        }
        std::size_t size = starts_with(piece, "===") ? 3 : piece.size() > 1 && piece[1] == '=' ? 2 : 1;
        Specifier specifier;
        specifier.op = std::string(piece.substr(0, size));
        specifier.version = std::string(strip(piece.substr(size)));
        out.specifiers.push_back(std::move(specifier));
    }
    auto& all = out.specifiers;
    std::sort(all.begin(), all.end(), [](const Specifier& a, const Specifier& b) { return a.text() < b.text(); });
    // Two spellings of one version are one specifier: ">1" and ">1.0"; the first in order stays.
    std::set<std::string> seen;
    auto repeated = [&seen](const Specifier& s) { return !seen.insert(canonical(s)).second; };
    all.erase(std::remove_if(all.begin(), all.end(), repeated), all.end());
    return out;
}

std::string SpecifierSet::text() const {
    std::vector<std::string> parts;
    for (const Specifier& specifier : specifiers) parts.push_back(specifier.text());
    return join(parts, ",");
}

bool SpecifierSet::contains(const Version& candidate, bool prereleases) const {
    bool allowed = prereleases || !candidate.is_prerelease();
    for (const Specifier& specifier : specifiers) {
        if (!specifier.contains(candidate)) return false;
        allowed = allowed || specifier.names_prerelease();
    }
    return allowed;
}

}  // namespace cermet::python
