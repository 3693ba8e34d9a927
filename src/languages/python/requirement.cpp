// Requirements and markers: a reader with one position, as the grammar of dependency specifiers is written.
// SPDX-License-Identifier: MIT
#include "languages/python/requirement.h"

#include <algorithm>

#include "base/text.h"

namespace cermet::python {

namespace requirement_detail {

bool word_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool name_char(char c) { return (word_char(c) && (c & 0x80) == 0) || c == '.' || c == '-'; }

constexpr int k_max_depth = 200;

const std::vector<std::string>& variables() {
    static const std::vector<std::string> all = {"python_full_version",
                                                 "python_version",
                                                 "os_name",
                                                 "os.name",
                                                 "sys_platform",
                                                 "sys.platform",
                                                 "platform_release",
                                                 "platform_system",
                                                 "platform_version",
                                                 "platform.version",
                                                 "platform_machine",
                                                 "platform.machine",
                                                 "platform_python_implementation",
                                                 "platform.python_implementation",
                                                 "python_implementation",
                                                 "implementation_name",
                                                 "implementation_version",
                                                 "extras",
                                                 "extra",
                                                 "dependency_groups"};
    return all;
}

std::string canonical_variable(const std::string& name) {
    if (name == "python_implementation") return "platform_python_implementation";
    return replace_all(name, ".", "_");
}

void append_utf8(std::string& out, unsigned code) {
    auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 63));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 63));
        put(0x80 | (code & 63));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 63));
        put(0x80 | ((code >> 6) & 63));
        put(0x80 | (code & 63));
    }
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool hex_escape(std::string_view body, std::size_t& i, std::size_t count, std::string& out) {
    unsigned code = 0;
    for (std::size_t k = 0; k < count; ++k) {
        int value = ++i < body.size() ? hex_value(body[i]) : -1;
        if (value < 0) return false;
        code = code * 16 + static_cast<unsigned>(value);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    append_utf8(out, code);
    return true;
}

// The value of a Python string literal's inside; markers are Python strings by the letter of the grammar.
bool unescape(std::string_view body, std::string& out) {
    static constexpr std::string_view k_from = "\\'\"abfnrtv", k_to = "\\'\"\a\b\f\n\r\t\v";
    for (std::size_t i = 0; i < body.size(); ++i) {
        char c = body[i];
        if (c == '\n' || c == '\r' || c == '\0') return false;
        if (c != '\\') {
            out.push_back(c);
            continue;
        }
        if (++i >= body.size()) return false;
        char e = body[i];
        std::size_t simple = k_from.find(e);
        if (simple != std::string_view::npos) {
            out.push_back(k_to[simple]);
        } else if (e == 'x' || e == 'u' || e == 'U') {
            if (!hex_escape(body, i, e == 'x' ? 2 : e == 'u' ? 4 : 8, out)) return false;
        } else if (e == 'N') {
            return false;
        } else if (e >= '0' && e <= '7') {
            unsigned code = 0;
            std::size_t end = std::min(body.size(), i + 3);
            for (; i < end && body[i] >= '0' && body[i] <= '7'; ++i) {
                code = code * 8 + static_cast<unsigned>(body[i] - '0');
            }
            --i;
            append_utf8(out, code);
        } else if (e == '\n') {
            continue;
        } else {
            out.push_back('\\');
            out.push_back(e);
        }
    }
    return true;
}

class Reader {
   public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<Requirement> requirement();
    Result<Marker> whole_marker() {
        TRY(marker, marker_or(0));
        if (!at_end()) return fail("expected the end of the marker or `and`, `or`");
        return std::move(marker);
    }

   private:
    bool at_end() const { return at_ >= text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    void space() {
        while (peek() == ' ' || peek() == '\t') ++at_;
    }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    bool take_word(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return false;
        if (at_ > 0 && word_char(text_[at_ - 1])) return false;
        std::size_t end = at_ + word.size();
        if (end < text_.size() && word_char(text_[end])) return false;
        at_ = end;
        return true;
    }
    Error fail(std::string_view why) const {
        return project_error(cat("cannot read '", text_, "': ", why, " at column ", at_ + 1));
    }
    std::string identifier() {
        if (at_end() || !name_char(peek()) || !word_char(peek()) || peek() == '_') return "";
        std::size_t end = at_;
        while (end < text_.size() && name_char(text_[end])) ++end;
        while (end > at_ && !word_char(text_[end - 1])) --end;
        if (end < text_.size() && word_char(text_[end])) return "";
        std::string out(text_.substr(at_, end - at_));
        at_ = end;
        return out;
    }
    Status extras(Requirement& out);
    Status specifier(Requirement& out);
    Status url(Requirement& out);
    Result<Marker> marker_or(int depth);
    Result<Marker> marker_and(int depth);
    Result<Marker> marker_atom(int depth);
    Result<Marker> comparison();
    Result<Marker::Operand> operand();
    std::string comparison_operator();

    std::string_view text_;
    std::size_t at_ = 0;
};

Result<Requirement> Reader::requirement() {
    Requirement out;
    space();
    out.name = identifier();
    if (out.name.empty()) return fail("expected a package name");
    space();
    TRY_VOID(extras(out));
    space();
    if (take('@')) {
        TRY_VOID(url(out));
    } else {
        TRY_VOID(specifier(out));
        space();
    }
    if (at_end()) return out;
    if (!take(';')) return fail("expected `;`, `,` or the end");
    TRY(marker, marker_or(0));
    out.marker = std::move(marker);
    space();
    if (!at_end()) return fail("expected the end or `and`, `or`");
    return out;
}

Status Reader::extras(Requirement& out) {
    if (!take('[')) return {};
    space();
    std::set<std::string> all;
    std::string extra = identifier();
    while (!extra.empty()) {
        all.insert(extra);
        space();
        if (!take(',')) break;
        space();
        extra = identifier();
        if (extra.empty()) return fail("expected an extra's name after the comma");
    }
    space();
    if (!take(']')) return fail("expected `,` or `]`");
    out.extras.assign(all.begin(), all.end());
    return {};
}

Status Reader::url(Requirement& out) {
    space();
    std::size_t start = at_;
    while (!at_end() && peek() != ' ' && peek() != '\t') ++at_;
    if (at_ == start) return fail("expected a URL after `@`");
    out.url = std::string(text_.substr(start, at_ - start));
    space();
    return {};
}

Status Reader::specifier(Requirement& out) {
    bool parenthesis = take('(');
    space();
    std::string all;
    for (;;) {
        std::size_t size = specifier_prefix(text_.substr(at_));
        if (size == 0) break;
        all.append(text_.substr(at_, size));
        at_ += size;
        std::string_view rest = text_.substr(at_);
        if (rest.substr(0, 2) == ".*") return fail("`.*` belongs to `==` and `!=` and a plain release");
        if (rest.size() > 1 && rest[0] == '+' && word_char(rest[1]) && rest[1] != '_') {
            return fail("a local version belongs to `==` and `!=`");
        }
        space();
        if (!take(',')) break;
        all += ',';
        space();
    }
    space();
    if (parenthesis && !take(')')) return fail("expected `)`");
    auto set = SpecifierSet::parse(all);
    if (!set) return fail(set.error().message);
    out.specifier = *std::move(set);
    return {};
}

Result<Marker> Reader::marker_or(int depth) {
    TRY(first, marker_and(depth));
    space();
    if (!take_word("or")) return std::move(first);
    Marker out;
    out.kind = Marker::Kind::Or;
    out.children.push_back(std::move(first));
    do {
        TRY(next, marker_and(depth));
        out.children.push_back(std::move(next));
        space();
    } while (take_word("or"));
    return out;
}

Result<Marker> Reader::marker_and(int depth) {
    TRY(first, marker_atom(depth));
    space();
    if (!take_word("and")) return std::move(first);
    Marker out;
    out.kind = Marker::Kind::And;
    out.children.push_back(std::move(first));
    do {
        TRY(next, marker_atom(depth));
        out.children.push_back(std::move(next));
        space();
    } while (take_word("and"));
    return out;
}

Result<Marker> Reader::marker_atom(int depth) {
    space();
    if (!take('(')) return comparison();
    if (depth >= k_max_depth) return fail("too many parentheses");
    TRY(inner, marker_or(depth + 1));
    space();
    if (!take(')')) return fail("expected `)`");
    space();
    inner.grouped = inner.kind != Marker::Kind::Compare;
    return std::move(inner);
}

Result<Marker> Reader::comparison() {
    Marker out;
    TRY(left, operand());
    space();
    out.op = comparison_operator();
    if (out.op.empty()) return fail("expected one of <= < != == >= > ~= === in, not in");
    space();
    TRY(right, operand());
    space();
    out.left = std::move(left);
    out.right = std::move(right);
    auto is = [](const Marker::Operand& o, std::string_view name) { return o.variable && o.text == name; };
    if (is(out.left, "extra") && !out.right.variable) out.right.text = normalise_name(out.right.text);
    bool set = is(out.right, "extra") || is(out.right, "extras") || is(out.right, "dependency_groups");
    if (set && !out.left.variable) out.left.text = normalise_name(out.left.text);
    if (!out.right.variable && contains(out.right.text, "\"") && contains(out.right.text, "'")) {
        return fail("a string with both sorts of quotes");
    }
    return out;
}

std::string Reader::comparison_operator() {
    if (take_word("in")) return "in";
    if (take_word("not")) {
        if (peek() != ' ' && peek() != '\t') return "";
        space();
        return take_word("in") ? "not in" : "";
    }
    static const char* const all[] = {"===", "==", "~=", "!=", "<=", ">=", "<", ">"};
    for (const char* op : all) {
        std::string_view candidate(op);
        if (text_.substr(at_, candidate.size()) != candidate) continue;
        at_ += candidate.size();
        return std::string(candidate);
    }
    return "";
}

Result<Marker::Operand> Reader::operand() {
    Marker::Operand out;
    char quote = peek();
    if (quote == '\'' || quote == '"') {
        std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) return fail("a string without its end");
        if (!unescape(text_.substr(at_ + 1, end - at_ - 1), out.text)) return fail("a broken string");
        at_ = end + 1;
        return out;
    }
    for (const std::string& name : variables()) {
        if (!take_word(name)) continue;
        out.variable = true;
        out.text = canonical_variable(name);
        return out;
    }
    return fail("expected a marker variable or a quoted string");
}

bool compares_as_version(std::string_view variable) {
    return variable == "implementation_version" || variable == "platform_release" ||
           variable == "python_full_version" || variable == "python_version";
}

bool compare(const std::string& left, const std::string& op, const std::string& right, std::string_view variable) {
    if (compares_as_version(variable) && op != "in" && op != "not in") {
        auto set = specifier_prefix(op + right);
        if (set == op.size() + right.size()) {
            Specifier specifier;
            specifier.op = op;
            specifier.version = std::string(trim(right));
            return specifier.contains_text(left);
        }
    }
    if (op == "in") return contains(right, left);
    if (op == "not in") return !contains(right, left);
    if (op == "!=") return left != right;
    return (op == "==" || op == "<=" || op == ">=") && left == right;
}

std::string value_of(const std::string& variable, const MarkerEnvironment& environment) {
    auto found = environment.find(variable);
    std::string value = found == environment.end() ? "" : found->second;
    if (variable == "extra" && !value.empty()) return normalise_name(value);
    // An unreleased interpreter prints 3.14.0a1+, which no specifier can hold.
    if (variable == "python_full_version" && !value.empty() && value.back() == '+') value += "local";
    return value;
}

std::string quoted(const std::string& value) {
    return contains(value, "\"") ? cat("'", value, "'") : cat("\"", value, "\"");
}

void print(const Marker& marker, bool first, std::string& out) {
    if (marker.kind == Marker::Kind::Compare) {
        auto side = [](const Marker::Operand& o) { return o.variable ? o.text : quoted(o.text); };
        out += cat(side(marker.left), " ", marker.op, " ", side(marker.right));
        return;
    }
    bool parentheses = marker.grouped && !first;
    if (parentheses) out += "(";
    for (std::size_t i = 0; i < marker.children.size(); ++i) {
        if (i > 0) out += marker.kind == Marker::Kind::And ? " and " : " or ";
        print(marker.children[i], false, out);
    }
    if (parentheses) out += ")";
}

}  // namespace requirement_detail

bool valid_name(std::string_view name) {
    if (name.empty()) return false;
    for (char c : name) {
        if (!requirement_detail::name_char(c)) return false;
    }
    auto edge = [](char c) { return c != '.' && c != '-' && c != '_'; };
    return edge(name.front()) && edge(name.back());
}

std::string normalise_name(std::string_view name) {
    std::string out;
    bool run = false;
    for (char c : name) {
        if (c == '-' || c == '_' || c == '.') {
            if (!run) out.push_back('-');
            run = true;
            continue;
        }
        run = false;
        out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return out;
}

std::string escape_name(std::string_view name) { return replace_all(normalise_name(name), "-", "_"); }

Result<Marker> Marker::parse(std::string_view text) { return requirement_detail::Reader(text).whole_marker(); }

std::string Marker::text() const {
    std::string out;
    requirement_detail::print(*this, true, out);
    return out;
}

bool Marker::evaluate(const MarkerEnvironment& environment, const std::set<std::string>& extras) const {
    using namespace requirement_detail;
    if (kind == Kind::And) {
        return std::all_of(children.begin(), children.end(),
                           [&](const Marker& m) { return m.evaluate(environment, extras); });
    }
    if (kind == Kind::Or) {
        return std::any_of(children.begin(), children.end(),
                           [&](const Marker& m) { return m.evaluate(environment, extras); });
    }
    if (left.variable) return compare(value_of(left.text, environment), op, right.text, left.text);
    if (!right.variable) return false;
    if (right.text == "extras" || right.text == "dependency_groups") {
        bool inside = std::any_of(extras.begin(), extras.end(),
                                  [this](const std::string& extra) { return normalise_name(extra) == left.text; });
        return op == "in" ? inside : op == "not in" && !inside;
    }
    return compare(left.text, op, value_of(right.text, environment), right.text);
}

bool Marker::uses_variable(std::string_view name) const {
    if (kind == Kind::Compare) {
        return (left.variable && left.text == name) || (right.variable && right.text == name);
    }
    return std::any_of(children.begin(), children.end(), [name](const Marker& m) { return m.uses_variable(name); });
}

Marker Marker::and_also(const Marker& other) const {
    Marker out;
    out.kind = Kind::And;
    auto add = [&out](const Marker& part) {
        if (part.kind == Kind::And) {
            out.children.insert(out.children.end(), part.children.begin(), part.children.end());
            return;
        }
        out.children.push_back(part);
        out.children.back().grouped = part.kind == Kind::Or;
    };
    add(*this);
    add(other);
    return out;
}

Marker Marker::extra_equals(std::string_view extra) {
    Marker out;
    out.left.variable = true;
    out.left.text = "extra";
    out.op = "==";
    out.right.text = normalise_name(extra);
    return out;
}

Result<Requirement> Requirement::parse(std::string_view text) { return requirement_detail::Reader(text).requirement(); }

std::string Requirement::text() const {
    std::string out = name;
    if (!extras.empty()) out += cat("[", join(extras, ","), "]");
    out += specifier.text();
    if (!url.empty()) {
        out += " @ " + url;
        if (marker) out += " ";
    }
    if (marker) out += "; " + marker->text();
    return out;
}

}  // namespace cermet::python
