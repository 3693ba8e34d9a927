// Toml: our values built from toml++'s, in the file's order, each with its place.
// SPDX-License-Identifier: MIT
//
// toml++ keeps tables sorted by name, so the order is restored from the places of the keys. It
// frees nested tables by recursion and bounds only the nesting of values, not of dotted keys:
// refuse_long_keys() looks before it parses.
#include "base/toml.h"

#include <algorithm>
#include <cmath>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/toml.h>

#include "base/text.h"

namespace cermet {

namespace toml_detail {

constexpr int kMaxKeyParts = 64;
constexpr int kMaxDepth = 256;

const std::string kNoString;
const Toml::Array kNoArray;
const Toml::Table kNoTable;

// The end of the string that opens at `i` (after its closing quotes); the end of the text when it
// never closes.
std::size_t skip_string(std::string_view text, std::size_t i) {
    const char quote = text[i];
    const bool multi = text.substr(i, 3) == std::string(3, quote);
    i += multi ? 3 : 1;
    for (; i < text.size(); ++i) {
        if (text[i] == '\\' && quote == '"') {
            ++i;
        } else if (text[i] == quote && (!multi || text.substr(i, 3) == std::string(3, quote))) {
            if (!multi) return i + 1;
            for (i += 3; i < text.size() && text[i] == quote;)
                ++i;  // up to two quotes may stand before the close
            return i;
        } else if (text[i] == '\n' && !multi) {
            return i;  // an error, and the parser's to tell
        }
    }
    return text.size();
}

Status refuse_long_keys(std::string_view text, std::string_view name) {
    int line = 1, dots = 0;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '"' || c == '\'') {
            const std::size_t end = skip_string(text, i);
            line +=
                static_cast<int>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                                            text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
            i = end;
            continue;
        }
        if (c == '#') {
            i = std::min(text.find('\n', i), text.size());
            continue;
        }
        if (c == '.') {
            if (++dots >= kMaxKeyParts) {
                return project_error(
                           cat("invalid TOML: a key of more than ", kMaxKeyParts, " parts"))
                    .at(std::string(name), line);
            }
        } else if (c == '\n' || contains("=,[]{}", text.substr(i, 1))) {
            dots = 0;
            line += c == '\n' ? 1 : 0;
        }
        ++i;
    }
    return {};
}

std::string padded(unsigned v, std::size_t width) {
    std::string out = to_text(v);
    return out.size() < width ? std::string(width - out.size(), '0') + out : out;
}

std::string date_text(const toml::date& d) {
    return cat(padded(d.year, 4), '-', padded(d.month, 2), '-', padded(d.day, 2));
}

std::string time_text(const toml::time& t) {
    std::string out = cat(padded(t.hour, 2), ':', padded(t.minute, 2), ':', padded(t.second, 2));
    if (t.nanosecond == 0) return out;
    std::string fraction = padded(t.nanosecond, 9);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return cat(out, '.', fraction);
}

std::string date_time_text(const toml::date_time& v) {
    std::string out = cat(date_text(v.date), 'T', time_text(v.time));
    if (!v.offset) return out;
    const int minutes = v.offset->minutes;
    if (minutes == 0) return out + "Z";
    const auto size = static_cast<unsigned>(std::abs(minutes));
    return cat(out, minutes < 0 ? '-' : '+', padded(size / 60, 2), ':', padded(size % 60, 2));
}

void set_place(Toml& out, const toml::source_region& region) {
    out.line = static_cast<int>(region.begin.line);
    out.column = static_cast<int>(region.begin.column);
}

bool convert(const toml::node& node, int depth, Toml& out);

bool convert_table(const toml::table& table, int depth, Toml& out) {
    struct Entry {
        const toml::key* key;
        const toml::node* node;
    };
    std::vector<Entry> entries;
    for (auto&& [key, node] : table) entries.push_back({&key, &node});
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.key->source().begin <
               b.key->source().begin;  // no two keys of a table share a place
    });
    Toml::Table values;
    values.reserve(entries.size());
    for (const Entry& entry : entries) {
        Toml value;
        if (!convert(*entry.node, depth + 1, value)) return false;
        if (value.line == 0) set_place(value, entry.key->source());
        values.emplace_back(std::string(entry.key->str()), std::move(value));
    }
    out = Toml::of(std::move(values));
    out.inline_table = table.is_inline();
    return true;
}

bool convert_array(const toml::array& array, int depth, Toml& out) {
    Toml::Array values;
    values.reserve(array.size());
    for (const toml::node& node : array) {
        Toml value;
        if (!convert(node, depth + 1, value)) return false;
        values.push_back(std::move(value));
    }
    out = Toml::of(std::move(values));
    return true;
}

// False when nested too deep.
bool convert(const toml::node& node, int depth, Toml& out) {
    if (depth > kMaxDepth) return false;
    if (const auto* table = node.as_table()) {
        if (!convert_table(*table, depth, out)) return false;
    } else if (const auto* array = node.as_array()) {
        if (!convert_array(*array, depth, out)) return false;
    } else if (const auto* text = node.as_string()) {
        out = Toml::of(text->get());
    } else if (const auto* integer = node.as_integer()) {
        out = Toml::of(integer->get());
    } else if (const auto* real = node.as_floating_point()) {
        out = Toml::of(real->get());
    } else if (const auto* truth = node.as_boolean()) {
        out = Toml::of(truth->get());
    } else if (const auto* date = node.as_date()) {
        out = Toml::of(date_text(date->get()));
    } else if (const auto* time = node.as_time()) {
        out = Toml::of(time_text(time->get()));
    } else if (const auto* both = node.as_date_time()) {
        out = Toml::of(date_time_text(both->get()));
    }
    set_place(out, node.source());
    return true;
}

}  // namespace toml_detail

Toml Toml::of(std::string value) {
    Toml out;
    out.value_ = std::move(value);
    return out;
}

Toml Toml::of(const char* value) { return of(std::string(value)); }

Toml Toml::of(int value) { return of(static_cast<std::int64_t>(value)); }

Toml Toml::of(bool value) {
    Toml out;
    out.value_ = value;
    return out;
}

Toml Toml::of(std::int64_t value) {
    Toml out;
    out.value_ = value;
    return out;
}

Toml Toml::of(double value) {
    Toml out;
    out.value_ = value;
    return out;
}

Toml Toml::of(Array value) {
    Toml out;
    out.value_ = std::move(value);
    return out;
}

Toml Toml::of(Table value) {
    Toml out;
    out.value_ = std::move(value);
    return out;
}

std::string_view Toml::kind_name() const {
    constexpr std::string_view names[] = {"a table",    "a string", "a boolean",
                                          "an integer", "a float",  "an array"};
    return names[value_.index()];
}

const std::string& Toml::string() const {
    const auto* v = std::get_if<std::string>(&value_);
    return v != nullptr ? *v : toml_detail::kNoString;
}

bool Toml::boolean() const {
    const bool* v = std::get_if<bool>(&value_);
    return v != nullptr && *v;
}

std::int64_t Toml::integer() const {
    const auto* v = std::get_if<std::int64_t>(&value_);
    return v != nullptr ? *v : 0;
}

double Toml::number() const {
    if (is_int()) return static_cast<double>(integer());
    const double* v = std::get_if<double>(&value_);
    return v != nullptr ? *v : 0;
}

const Toml::Array& Toml::array() const {
    const auto* v = std::get_if<Array>(&value_);
    return v != nullptr ? *v : toml_detail::kNoArray;
}

const Toml::Table& Toml::table() const {
    const auto* v = std::get_if<Table>(&value_);
    return v != nullptr ? *v : toml_detail::kNoTable;
}

const Toml* Toml::find(std::string_view key) const {
    for (const auto& [name, value] : table()) {
        if (name == key) return &value;
    }
    return nullptr;
}

const Toml* Toml::find_path(std::string_view dotted) const {
    const Toml* at = this;
    for (const std::string& key : split(dotted, '.')) {
        at = at->find(key);
        if (at == nullptr) return nullptr;
    }
    return at;
}

std::vector<std::string> Toml::string_list() const {
    std::vector<std::string> out;
    for (const Toml& item : array()) {
        if (item.is_string()) out.push_back(item.string());
    }
    return out;
}

void Toml::set(std::string key, Toml value) {
    if (!is_table()) value_.emplace<Table>();
    auto& entries = std::get<Table>(value_);
    for (auto& [name, old] : entries) {
        if (name == key) {
            old = std::move(value);
            return;
        }
    }
    entries.emplace_back(std::move(key), std::move(value));
}

Json Toml::to_json() const {
    if (is_string()) return Json(string());
    if (is_bool()) return Json(boolean());
    if (is_int()) return Json(integer());
    if (is_float()) return Json(number());
    if (is_array()) {
        Json::Array out;
        for (const Toml& item : array()) out.push_back(item.to_json());
        return Json(std::move(out));
    }
    Json::Object out;
    for (const auto& [key, value] : table()) out.insert_or_assign(key, value.to_json());
    return Json(std::move(out));
}

Result<Toml> parse_toml(std::string_view bytes, std::string_view name) {
    TRY_VOID(toml_detail::refuse_long_keys(bytes, name));
    const toml::parse_result parsed = toml::parse(bytes);
    if (!parsed) {
        const toml::parse_error& problem = parsed.error();
        const toml::source_position place = problem.source().begin;
        return project_error(cat("invalid TOML: ", problem.description()))
            .at(std::string(name), static_cast<int>(place.line), static_cast<int>(place.column));
    }
    Toml out;
    if (!toml_detail::convert(parsed.table(), 0, out)) {
        return project_error(
                   cat("invalid TOML: nested more than ", toml_detail::kMaxDepth, " deep"))
            .at(std::string(name));
    }
    return out;
}

}  // namespace cermet
