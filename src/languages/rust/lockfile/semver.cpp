// Versions and requirements: parsing, order and matching.
// SPDX-License-Identifier: MIT
#include "languages/rust/lockfile/semver.h"

#include "base/text.h"

namespace cermet::rust {

namespace semver_detail {

bool number(std::string_view text, std::uint64_t& out) {
    if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0')) return false;
    out = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return false;
        out = out * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
}

bool is_numeric(std::string_view text) {
    for (char c : text)
        if (c < '0' || c > '9') return false;
    return !text.empty();
}

bool identifiers_ok(std::string_view text, bool leading_zeros_allowed) {
    for (const std::string& part : split(text, '.')) {
        if (part.empty()) return false;
        for (char c : part) {
            bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
            if (!good) return false;
        }
        if (!leading_zeros_allowed && is_numeric(part) && part.size() > 1 && part[0] == '0') return false;
    }
    return true;
}

// SemVer §11: no pre-release is the greatest; else identifier by identifier, numbers before words.
int compare_pre(std::string_view a, std::string_view b) {
    if (a == b) return 0;
    if (a.empty()) return 1;
    if (b.empty()) return -1;
    std::vector<std::string> left = split(a, '.');
    std::vector<std::string> right = split(b, '.');
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        const std::string& x = left[i];
        const std::string& y = right[i];
        if (x == y) continue;
        bool x_number = is_numeric(x);
        bool y_number = is_numeric(y);
        if (x_number != y_number) return x_number ? -1 : 1;
        if (x_number && x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return left.size() < right.size() ? -1 : 1;
}

int order(std::uint64_t a, std::uint64_t b) { return a < b ? -1 : a > b ? 1 : 0; }

bool is_wildcard(std::string_view text) { return text == "*" || text == "x" || text == "X"; }

bool exact(const Comparator& c, const Version& v) {
    if (v.major != c.major) return false;
    if (c.minor && v.minor != *c.minor) return false;
    if (c.patch && v.patch != *c.patch) return false;
    if (c.op == Comparison::Wildcard) return true;
    return v.pre == c.pre;
}

// -1, 0, 1; a part the comparator leaves out counts as equal for `=`, and as "not beyond" for < and >.
bool beyond(const Comparator& c, const Version& v, int sign) {
    if (int o = order(v.major, c.major); o != 0) return o == sign;
    if (!c.minor) return false;
    if (int o = order(v.minor, *c.minor); o != 0) return o == sign;
    if (!c.patch) return false;
    if (int o = order(v.patch, *c.patch); o != 0) return o == sign;
    return compare_pre(v.pre, c.pre) == sign;
}

bool tilde(const Comparator& c, const Version& v) {
    if (v.major != c.major) return false;
    if (c.minor && v.minor != *c.minor) return false;
    if (c.patch && v.patch != *c.patch) return v.patch > *c.patch;
    return compare_pre(v.pre, c.pre) >= 0;
}

bool caret(const Comparator& c, const Version& v) {
    if (v.major != c.major) return false;
    if (!c.minor) return true;
    if (!c.patch) return c.major > 0 ? v.minor >= *c.minor : v.minor == *c.minor;
    if (c.major > 0) {
        if (v.minor != *c.minor) return v.minor > *c.minor;
        if (v.patch != *c.patch) return v.patch > *c.patch;
    } else if (*c.minor > 0) {
        if (v.minor != *c.minor) return false;
        if (v.patch != *c.patch) return v.patch > *c.patch;
    } else if (v.minor != *c.minor || v.patch != *c.patch) {
        return false;
    }
    return compare_pre(v.pre, c.pre) >= 0;
}

bool satisfies(const Comparator& c, const Version& v) {
    switch (c.op) {
        case Comparison::Exact:
        case Comparison::Wildcard: return exact(c, v);
        case Comparison::Greater: return beyond(c, v, 1);
        case Comparison::GreaterEqual: return exact(c, v) || beyond(c, v, 1);
        case Comparison::Less: return beyond(c, v, -1);
        case Comparison::LessEqual: return exact(c, v) || beyond(c, v, -1);
        case Comparison::Tilde: return tilde(c, v);
        case Comparison::Caret: return caret(c, v);
    }
    return false;
}

std::optional<Comparator> parse_comparator(std::string_view text) {
    Comparator c;
    text = trim(text);
    bool written = true;
    auto take = [&](std::string_view prefix, Comparison op) {
        if (!text.starts_with(prefix)) return false;
        text.remove_prefix(prefix.size());
        c.op = op;
        return true;
    };
    if (!take(">=", Comparison::GreaterEqual) && !take("<=", Comparison::LessEqual) &&
        !take(">", Comparison::Greater) && !take("<", Comparison::Less) && !take("=", Comparison::Exact) &&
        !take("~", Comparison::Tilde) && !take("^", Comparison::Caret))
        written = false;
    text = trim(text);
    if (std::size_t plus = text.find('+'); plus != std::string_view::npos) {
        if (!identifiers_ok(text.substr(plus + 1), true)) return std::nullopt;
        text = text.substr(0, plus);
    }
    std::size_t dash = text.find('-');
    if (dash != std::string_view::npos) {
        c.pre = std::string(text.substr(dash + 1));
        if (!identifiers_ok(c.pre, false)) return std::nullopt;
        text = text.substr(0, dash);
    }
    std::vector<std::string> parts = split(text, '.');
    if (parts.size() > 3 || !number(parts[0], c.major)) return std::nullopt;
    bool wildcard = false;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (is_wildcard(parts[i])) {
            wildcard = true;
            continue;
        }
        std::uint64_t n = 0;
        if (wildcard || !number(parts[i], n)) return std::nullopt;
        (i == 1 ? c.minor : c.patch) = n;
    }
    if (!c.pre.empty() && !c.patch) return std::nullopt;
    if (wildcard && !written) c.op = Comparison::Wildcard;
    return c;
}

}  // namespace semver_detail

std::string Version::text() const {
    std::string out = cat(major, ".", minor, ".", patch);
    if (!pre.empty()) out += "-" + pre;
    if (!build.empty()) out += "+" + build;
    return out;
}

std::optional<Version> parse_version(std::string_view text) {
    using namespace semver_detail;
    Version v;
    if (std::size_t plus = text.find('+'); plus != std::string_view::npos) {
        v.build = std::string(text.substr(plus + 1));
        if (!identifiers_ok(v.build, true)) return std::nullopt;
        text = text.substr(0, plus);
    }
    if (std::size_t dash = text.find('-'); dash != std::string_view::npos) {
        v.pre = std::string(text.substr(dash + 1));
        if (!identifiers_ok(v.pre, false)) return std::nullopt;
        text = text.substr(0, dash);
    }
    std::vector<std::string> parts = split(text, '.');
    if (parts.size() != 3 || !number(parts[0], v.major) || !number(parts[1], v.minor) || !number(parts[2], v.patch))
        return std::nullopt;
    return v;
}

int compare_versions(const Version& a, const Version& b) {
    using namespace semver_detail;
    if (int o = order(a.major, b.major); o != 0) return o;
    if (int o = order(a.minor, b.minor); o != 0) return o;
    if (int o = order(a.patch, b.patch); o != 0) return o;
    if (int o = compare_pre(a.pre, b.pre); o != 0) return o;
    return a.build == b.build ? 0 : a.build < b.build ? -1 : 1;
}

bool VersionReq::matches(const Version& version) const {
    for (const Comparator& c : comparators)
        if (!semver_detail::satisfies(c, version)) return false;
    if (version.pre.empty()) return true;
    for (const Comparator& c : comparators)
        if (!c.pre.empty() && c.major == version.major && c.minor == version.minor && c.patch == version.patch)
            return true;
    return false;
}

std::string VersionReq::text() const {
    if (comparators.empty()) return "*";
    std::vector<std::string> parts;
    for (const Comparator& c : comparators) {
        static constexpr const char* k_signs[] = {"=", ">", ">=", "<", "<=", "~", "^", ""};
        std::string out = cat(k_signs[static_cast<int>(c.op)], c.major);
        if (c.minor) out += cat(".", *c.minor);
        if (c.patch) out += cat(".", *c.patch);
        if (c.op == Comparison::Wildcard) out += ".*";
        if (!c.pre.empty()) out += "-" + c.pre;
        parts.push_back(std::move(out));
    }
    return join(parts, ", ");
}

std::optional<VersionReq> parse_version_req(std::string_view text) {
    text = trim(text);
    VersionReq req;
    if (semver_detail::is_wildcard(text)) return req;
    for (const std::string& part : split(text, ',')) {
        std::optional<Comparator> c = semver_detail::parse_comparator(part);
        if (!c) return std::nullopt;
        req.comparators.push_back(std::move(*c));
    }
    return req;
}

std::optional<Version> parse_rust_version(std::string_view text) {
    std::vector<std::string> parts = split(text, '.');
    Version v;
    std::uint64_t* numbers[] = {&v.major, &v.minor, &v.patch};
    if (parts.size() > 3) return std::nullopt;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (!semver_detail::number(parts[i], *numbers[i])) return std::nullopt;
    return v;
}

}  // namespace cermet::rust
