// Values: the conversions between TOML, plain text and the typed settings, by kind.
// SPDX-License-Identifier: MIT
#include "options/values.h"

#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::options {

namespace values_detail {

std::string quote_name(std::string_view text) { return Json(text).dump(); }

bool bare_key(std::string_view key) {
    if (key.empty()) return false;
    return std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string json_as_toml(const Json& value) {
    if (value.is_array()) {
        std::vector<std::string> parts;
        for (const Json& item : value.array()) parts.push_back(json_as_toml(item));
        return cat("[", join(parts, ", "), "]");
    }
    if (value.is_object()) {
        std::vector<std::string> parts;
        for (const auto& [key, item] : value.object()) parts.push_back(cat(key_text(key), " = ", json_as_toml(item)));
        return parts.empty() ? "{}" : cat("{ ", join(parts, ", "), " }");
    }
    return value.dump();
}

std::string list_text(const std::vector<std::string>& list) { return json_as_toml(Json::strings(list)); }

template <class Map, class Show>
std::string table_text(const Map& map, Show show) {
    if (map.empty()) return "{}";
    std::vector<std::string> parts;
    for (const auto& [key, value] : map) parts.push_back(cat(key_text(key), " = ", show(value)));
    return cat("{ ", join(parts, ", "), " }");
}

Error wrong_type(const Row& row, const Toml& value, const Origin& origin) {
    return value_error(origin, cat("'", row.key, "' takes ", type_text(row), ", not ", value.kind_name()),
                       cat("for example: ", row.key, " = ", row.example));
}

// A path or glob as the user wrote it, made relative to the project where it lies in it.
Result<std::string> place_path(const Row& row, const std::string& text, const Origin& origin, const PathBase& base) {
    if (text.empty()) return value_error(origin, cat("'", row.key, "' holds an empty path"));
    if (contains(text, std::string_view("\0", 1)))
        return value_error(origin, cat("'", row.key, "' holds a path with a zero byte"));
    if (text.find('\\') != std::string::npos) {
        return value_error(origin, cat("'", row.key, "' holds '", text, "', a path with a backslash"),
                           "write paths with '/' on every system");
    }
    if (base.holder == base.project && !is_absolute(text)) return normalise(text);
    const std::string full = join_path(base.holder, text);
    const std::string project = normalise(base.project.empty() ? "." : base.project);
    if (project == ".") return full;
    return is_within(full, project) ? relative_to(full, project) : full;
}

bool is_path_kind(const Row& row, std::string_view text) {
    switch (row.kind) {
        case Kind::Path:
        case Kind::Paths:
        case Kind::Globs:
        case Kind::SourcePaths: return true;
        case Kind::Crate:
        case Kind::Crates: return text.find('/') != std::string_view::npos || text == ".";
        default: return false;
    }
}

Result<std::string> place_text(const Row& row, const std::string& text, const Origin& origin, const PathBase& base) {
    if (option_named(text)) return text;
    if (!is_path_kind(row, text)) return text;
    TRY(placed, place_path(row, text, origin, base));
    // A crate's directory keeps its '/', which tells it from a package name.
    const bool crate = row.kind == Kind::Crate || row.kind == Kind::Crates;
    if (crate && placed.find('/') == std::string::npos) return cat("./", placed);
    return placed;
}

Result<std::vector<std::string>> read_list(const Row& row, const Toml& value, const Origin& origin,
                                           const PathBase& base) {
    if (!value.is_array()) return wrong_type(row, value, origin);
    std::vector<std::string> out;
    for (const Toml& item : value.array()) {
        Origin place = origin;
        if (item.line > 0) {
            place.where.line = item.line;
            place.where.column = item.column;
        }
        if (!item.is_string()) {
            return value_error(place,
                               cat("'", row.key, "' takes ", type_text(row), ", but an entry is ", item.kind_name()),
                               cat("for example: ", row.key, " = ", row.example));
        }
        TRY(text, place_text(row, item.string(), place, base));
        out.push_back(std::move(text));
    }
    return out;
}

Status assign_scalar(const Row& row, void* table, const Toml& value, const Origin& origin) {
    if (value.is_array() || value.is_table()) return wrong_type(row, value, origin);
    setting<Text>(row, table) = {value.is_string() ? value.string() : value.to_json().dump(), origin};
    return {};
}

Status assign_text(const Row& row, void* table, const Toml& value, const Origin& origin, const PathBase& base) {
    if (row.kind == Kind::Scalar) return assign_scalar(row, table, value, origin);
    if (!value.is_string()) return wrong_type(row, value, origin);
    const std::string& text = value.string();
    // The name of an option stands for its value, which is checked in its place.
    if (row.kind == Kind::Choice && !option_named(text) && !contains(row.choices, text)) {
        const std::string near = nearest(text, row.choices);
        return value_error(origin, cat("'", row.key, "' takes ", type_text(row), ", not '", text, "'"),
                           near.empty() ? std::string() : cat("did you mean '", near, "'?"));
    }
    TRY(placed, place_text(row, text, origin, base));
    setting<Text>(row, table) = {std::move(placed), origin};
    return {};
}

Status assign_defines(const Row& row, void* table, const Toml& value, const Origin& origin, Assign mode) {
    if (!value.is_table()) return wrong_type(row, value, origin);
    Defines& target = setting<Defines>(row, table);
    if (mode == Assign::Replace) target.value.clear();
    target.origin = origin;
    const bool macros = row.kind == Kind::DefineMap;
    for (const auto& [name, item] : value.table()) {
        if (item.is_string()) {
            target.value[name] = item.string();
        } else if (item.is_int()) {
            target.value[name] = to_text(static_cast<long long>(item.integer()));
        } else if (item.is_bool() && macros) {
            if (item.boolean()) {
                target.value.insert_or_assign(name, std::string(1, '1'));
            } else {
                target.value.erase(name);
            }
        } else {
            Origin place = origin;
            if (item.line > 0) place.where.line = item.line, place.where.column = item.column;
            return value_error(place, cat("'", row.key, "' gives '", name, "' ", item.kind_name()),
                               cat("for example: ", row.key, " = ", row.example));
        }
    }
    return {};
}

Status assign_values(const Row& row, void* table, const Toml& value, const Origin& origin, Assign mode) {
    if (!value.is_table()) return wrong_type(row, value, origin);
    Values& target = setting<Values>(row, table);
    if (mode == Assign::Replace) target.value.clear();
    target.origin = origin;
    // `[…directives] warn.unused = true` is a table in TOML and a dotted name in Cython.
    struct Item {
        std::string name;
        const Toml* value;
    };
    std::vector<Item> open;
    for (const auto& [name, item] : value.table()) open.push_back({name, &item});
    while (!open.empty()) {
        const Item item = std::move(open.back());
        open.pop_back();
        if (item.value->is_table()) {
            for (const auto& [name, inner] : item.value->table()) open.push_back({cat(item.name, ".", name), &inner});
        } else {
            target.value[item.name] = item.value->to_json();
        }
    }
    return {};
}

Status assign_lists(const Row& row, void* table, const Toml& value, const Origin& origin, const PathBase& base,
                    Assign mode) {
    if (!value.is_table()) return wrong_type(row, value, origin);
    Lists& target = setting<Lists>(row, table);
    if (mode == Assign::Replace) target.value.clear();
    target.origin = origin;
    for (const auto& [name, item] : value.table()) {
        TRY(list, read_list(row, item, origin, base));
        target.value[name] = std::move(list);
    }
    return {};
}

Status assign_sources(const Row& row, void* table, const Toml& value, const Origin& origin, const PathBase& base) {
    Sources made;
    made.origin = origin;
    if (value.is_array()) {
        TRY(list, read_list(row, value, origin, base));
        made.value.list = std::move(list);
    } else if (value.is_table()) {
        for (const auto& [name, item] : value.table()) {
            if (name == "from" && item.is_string()) {
                TRY(path, place_path(row, item.string(), origin, base));
                made.value.from = std::move(path);
            } else if (name == "exclude" && item.is_array()) {
                TRY(list, read_list(row, item, origin, base));
                made.value.exclude = std::move(list);
            } else {
                return value_error(origin,
                                   cat("'", row.key, "' as a table takes 'from', a path, and 'exclude', a list"),
                                   cat("for example: ", row.key, " = { from = \"src/all.cpp\" }"));
            }
        }
        if (made.value.from.empty()) return wrong_type(row, value, origin);
    } else {
        return wrong_type(row, value, origin);
    }
    setting<Sources>(row, table) = std::move(made);
    return {};
}

Result<Toml> parse_one(const Row& row, std::string_view text, const Origin& origin) {
    Result<Toml> parsed = parse_toml(cat("v = ", text), "");
    const Toml* value = parsed.ok() ? parsed->find("v") : nullptr;
    if (value == nullptr || parsed->table().size() != 1) {
        return value_error(origin, cat("'", text, "' is not ", type_text(row), " as TOML writes it"),
                           cat("for example: ", row.example));
    }
    Toml out = *value;
    out.line = 0;
    out.column = 0;
    return out;
}

Result<Toml> words_of(const Row& row, std::string_view text, const Origin& origin) {
    std::vector<std::string> words;
    if (!split_shell(text, words)) return value_error(origin, cat("'", row.key, "' has a quote that does not close"));
    Toml::Array items;
    for (std::string& word : words) items.push_back(Toml::of(std::move(word)));
    return Toml::of(std::move(items));
}

// A digit, and then what TOML's numbers are made of.
bool numeric(std::string_view text) {
    const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (text.size() == sign || text[sign] < '0' || text[sign] > '9') return false;
    Result<Toml> parsed = parse_toml(cat("v = ", text), "");
    const Toml* value = parsed.ok() ? parsed->find("v") : nullptr;
    return value != nullptr && parsed->table().size() == 1 && (value->is_int() || value->is_float());
}

bool flag_of(std::string_view text, bool& value) {
    const std::string word = lower(text);
    value = word == "true" || word == "1" || word == "yes" || word == "on";
    return value || word == "false" || word == "0" || word == "no" || word == "off";
}

}  // namespace values_detail

Error value_error(const Origin& origin, std::string message, std::string hint) {
    switch (origin.kind) {
        case OriginKind::Environment:
        case OriginKind::CommandLine: return usage_error(cat(origin.name, ": ", message), std::move(hint));
        default: break;
    }
    return project_error(std::move(message), std::move(hint)).at(origin.where);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, std::string_view what) {
    const std::string near = nearest(word, known);
    if (!near.empty()) return cat("did you mean '", near, "'?");
    if (known.empty()) return cat("there are no ", what);
    return cat("known ", what, ": ", join(known, ", "));
}

Status assign(const Row& row, void* table, const Toml& value, const Origin& origin, const PathBase& base, Assign mode) {
    using namespace values_detail;
    switch (storage_of(row.kind)) {
        case Storage::String: return assign_text(row, table, value, origin, base);
        case Storage::Boolean:
            if (!value.is_bool()) return wrong_type(row, value, origin);
            setting<Flag>(row, table) = {value.boolean(), origin};
            return {};
        case Storage::Integer:
            if (!value.is_int() || value.integer() < 0) return wrong_type(row, value, origin);
            setting<Number>(row, table) = {value.integer(), origin};
            return {};
        case Storage::Strings: {
            TRY(list, read_list(row, value, origin, base));
            setting<Texts>(row, table) = {std::move(list), origin};
            return {};
        }
        case Storage::DefineMap: return assign_defines(row, table, value, origin, mode);
        case Storage::ValueMap: return assign_values(row, table, value, origin, mode);
        case Storage::ListMap: return assign_lists(row, table, value, origin, base, mode);
        case Storage::SourcePaths: return assign_sources(row, table, value, origin, base);
    }
    abort_bug("unknown storage of a setting");
}

Result<Toml> toml_of_text(const Row& row, std::string_view text, const Origin& origin) {
    using namespace values_detail;
    const std::string_view trimmed = trim(text);
    const char first = trimmed.empty() ? '\0' : trimmed.front();
    switch (storage_of(row.kind)) {
        case Storage::String: return Toml::of(std::string(text));
        case Storage::Boolean: {
            bool value = false;
            if (!flag_of(trimmed, value)) {
                return value_error(origin, cat("'", row.key, "' takes true or false, not '", text, "'"));
            }
            return Toml::of(value);
        }
        case Storage::Integer: return parse_one(row, trimmed, origin);
        case Storage::Strings: return first == '[' ? parse_one(row, trimmed, origin) : words_of(row, text, origin);
        case Storage::SourcePaths:
            if (first == '[' || first == '{') return parse_one(row, trimmed, origin);
            return words_of(row, text, origin);
        case Storage::DefineMap:
        case Storage::ValueMap:
        case Storage::ListMap:
            if (first == '{') return parse_one(row, trimmed, origin);
            return value_error(origin, cat("'", row.key, "' takes ", type_text(row)),
                               cat("write '", row.key, ".NAME=value' for one entry, or a TOML table"));
    }
    abort_bug("unknown storage of a setting");
}

Result<Toml> toml_of_entry(const Row& row, std::string_view name, std::string_view text, const Origin& origin) {
    using namespace values_detail;
    const std::string_view trimmed = trim(text);
    Toml item = Toml::of(std::string(text));
    if (row.kind == Kind::ListMap) {
        Result<Toml> list =
            !trimmed.empty() && trimmed.front() == '[' ? parse_one(row, trimmed, origin) : words_of(row, text, origin);
        if (!list) return list;
        item = std::move(*list);
    } else if (row.kind == Kind::ValueMap || row.kind == Kind::DefineMap) {
        // Python's spelling of truth is what Cython's manual shows.
        if (trimmed == "True" || trimmed == "true") item = Toml::of(true);
        if (trimmed == "False" || trimmed == "false") item = Toml::of(false);
    }
    if (row.kind == Kind::ValueMap && item.is_string()) {
        Result<Toml> parsed = parse_toml(cat("v = ", trimmed), "");
        const Toml* value = parsed.ok() ? parsed->find("v") : nullptr;
        if (value != nullptr && parsed->table().size() == 1 && !value->is_table()) item = *value;
    }
    item.line = 0;
    Toml table;
    table.set(std::string(name), std::move(item));
    return table;
}

void set_default(const Row& row, void* table) {
    if (row.default_text.empty()) return;
    if (row.kind == Kind::Boolean) {
        setting<Flag>(row, table).value = row.default_text == "true";
    } else if (row.kind != Kind::Integer) {  // its default is 0
        setting<Text>(row, table).value = row.default_text;
    }
}

std::string type_text(const Row& row) {
    switch (row.kind) {
        case Kind::String: return "text";
        case Kind::Choice: return cat("one of ", join(row.choices, ", "));
        case Kind::Scalar: return "text, a number, true or false";
        case Kind::Path: return "a path";
        case Kind::Crate: return "a package name or directory";
        case Kind::Boolean: return "true or false";
        case Kind::Integer: return "a whole number, 0 or more";
        case Kind::Strings: return "a list of text";
        case Kind::Words: return "a list of words";
        case Kind::Paths: return "a list of paths";
        case Kind::Globs: return "a list of globs";
        case Kind::Crates: return "a list of package names or directories";
        case Kind::DefineMap: return "a table of macros";
        case Kind::EnvMap: return "a table of text";
        case Kind::ValueMap: return "a table of values";
        case Kind::ListMap: return "a table of lists of text";
        case Kind::SourcePaths: return "a list of globs or { from = path }";
    }
    abort_bug("unknown kind of setting");
}

std::optional<std::string> option_named(std::string_view text) {
    constexpr std::string_view head = "option:";
    if (text.substr(0, head.size()) != head) return std::nullopt;
    return std::string(text.substr(head.size()));
}

std::optional<bool> flag_named(std::string_view text) {
    bool value = false;
    return values_detail::flag_of(trim(text), value) ? std::optional<bool>(value) : std::nullopt;
}

bool is_number(std::string_view text) { return values_detail::numeric(text); }

std::string scalar_text(const std::string& text) {
    if (text == "true" || text == "false" || is_number(text)) return text;
    return values_detail::quote_name(text);
}

std::string key_text(std::string_view key) {
    return values_detail::bare_key(key) ? std::string(key) : values_detail::quote_name(key);
}

std::string default_text(const Row& row) {
    if (row.default_text.empty()) return row.kind == Kind::Boolean ? "false" : "";
    return row.kind == Kind::Boolean || row.kind == Kind::Integer ? row.default_text
                                                                  : values_detail::quote_name(row.default_text);
}

std::string value_text(const Row& row, void* table) {
    using namespace values_detail;
    switch (storage_of(row.kind)) {
        case Storage::String:
            if (row.kind == Kind::Scalar) return scalar_text(setting<Text>(row, table).value);
            return quote_name(setting<Text>(row, table).value);
        case Storage::Boolean: return setting<Flag>(row, table).value ? "true" : "false";
        case Storage::Integer: return to_text(static_cast<long long>(setting<Number>(row, table).value));
        case Storage::Strings: return list_text(setting<Texts>(row, table).value);
        case Storage::DefineMap:
            return table_text(setting<Defines>(row, table).value, [](const std::string& v) { return quote_name(v); });
        case Storage::ValueMap:
            return table_text(setting<Values>(row, table).value, [](const Json& v) { return json_as_toml(v); });
        case Storage::ListMap:
            return table_text(setting<Lists>(row, table).value,
                              [](const std::vector<std::string>& v) { return list_text(v); });
        case Storage::SourcePaths: {
            const SourceList& sources = setting<Sources>(row, table).value;
            if (sources.from.empty()) return list_text(sources.list);
            const std::string from = cat("{ from = ", quote_name(sources.from));
            return sources.exclude.empty() ? cat(from, " }")
                                           : cat(from, ", exclude = ", list_text(sources.exclude), " }");
        }
    }
    abort_bug("unknown storage of a setting");
}

const Origin& origin_of(const Row& row, void* table) {
    switch (storage_of(row.kind)) {
        case Storage::String: return setting<Text>(row, table).origin;
        case Storage::Boolean: return setting<Flag>(row, table).origin;
        case Storage::Integer: return setting<Number>(row, table).origin;
        case Storage::Strings: return setting<Texts>(row, table).origin;
        case Storage::DefineMap: return setting<Defines>(row, table).origin;
        case Storage::ValueMap: return setting<Values>(row, table).origin;
        case Storage::ListMap: return setting<Lists>(row, table).origin;
        case Storage::SourcePaths: return setting<Sources>(row, table).origin;
    }
    abort_bug("unknown storage of a setting");
}

bool same_value(const Row& row, void* a, void* b) { return value_text(row, a) == value_text(row, b); }

}  // namespace cermet::options
