// Overrides: CERMET_A__B variables and -C a.b=value options, laid over the project's values.
// SPDX-License-Identifier: MIT
//
// A path is TABLE.NAME.KEY (or TABLE.KEY, or KEY) and, for table-valued keys, one entry more. Names
// of modules have dots of their own, so every split is tried and the first whose NAME exists and
// whose KEY is known wins.
#include <algorithm>

#include "base/text.h"
#include "options/loader.h"

namespace cermet::options {

namespace overrides_detail {

enum class Spelling {
    Exact,     // -C rust-module.0.crate
    Variable,  // RUST_MODULE__0__CRATE
};

// What a variable's segment may stand for: "rust-module" -> "RUST_MODULE".
std::string spelled(std::string_view name, Spelling spelling) {
    if (spelling == Spelling::Exact) return std::string(name);
    std::string out = upper(name);
    for (char& c : out) {
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
    }
    return out;
}

struct Target {
    const Section* section = nullptr;
    void* table = nullptr;
    const Row* row = nullptr;
    std::string entry;  // of a table-valued row; "" = the whole value
};

struct Finder {
    Config* config;
    Spelling spelling;
    const Origin* origin;
    std::vector<std::string> parts;

    bool same(std::string_view name, std::string_view part) const { return spelled(name, spelling) == part; }
    const Row* row(const Section& section, std::string_view part) const {
        for (const Row& each : section.rows) {
            if (same(each.key, part)) return &each;
        }
        return nullptr;
    }
    std::string rest(std::size_t from) const {
        std::vector<std::string> tail(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end());
        return join(tail, spelling == Spelling::Exact ? "." : "__");
    }
    std::size_t element(const Section& section, std::string_view name) const {
        if (spelling == Spelling::Exact) return find_element(section, *config, name);
        for (std::size_t i = 0; i < section.count(*config); ++i) {
            if (same(element_name(section, *config, i), name) || section.head(*config, i)->id == name) {
                return i;
            }
        }
        return k_no_element;
    }
};

bool takes_entries(const Row& row) {
    const Storage storage = storage_of(row.kind);
    return storage == Storage::DefineMap || storage == Storage::ValueMap || storage == Storage::ListMap;
}

// Macros and variables keep a variable's capitals; directives and directives' names are lower case.
std::string entry_name(const Row& row, std::string name, Spelling spelling) {
    if (spelling == Spelling::Exact || storage_of(row.kind) == Storage::DefineMap) return name;
    name = lower(name);
    return row.kind == Kind::ListMap ? replace_all(name, "_", "-") : name;
}

Result<Target> finish(const Finder& finder, const Section& section, void* table, const Row& row, std::size_t next) {
    Target target{&section, table, &row, {}};
    if (next == finder.parts.size()) return target;
    if (!takes_entries(row)) {
        return value_error(*finder.origin, cat("'", row.key, "' takes ", type_text(row),
                                               " and has no entries such as '", finder.rest(next), "'"));
    }
    target.entry = entry_name(row, finder.rest(next), finder.spelling);
    return target;
}

Error unknown(const Finder& finder, std::string_view part, const std::vector<std::string>& known, std::string_view in) {
    const std::string word =
        finder.spelling == Spelling::Exact ? std::string(part) : replace_all(lower(part), "_", "-");
    return value_error(*finder.origin, cat("unknown key '", word, "'", in.empty() ? "" : " in ", in),
                       did_you_mean(word, known, "keys"));
}

// options.NAME: what it is, the project says.
Result<Target> find_option(const Finder& finder, const Section& section) {
    const std::string name = finder.rest(1);
    const std::size_t index = name.empty() ? k_no_element : finder.element(section, name);
    if (index != k_no_element) return Target{&section, section.element(*finder.config, index), &option_value(), {}};
    const bool exact = finder.spelling == Spelling::Exact;
    return no_option(*finder.config, exact ? name : replace_all(lower(name), "_", "-"), *finder.origin);
}

Result<Target> find_in_many(const Finder& finder, const Section& section) {
    if (section.name == "options") return find_option(finder, section);
    const std::vector<std::string>& parts = finder.parts;
    if (parts.size() < 3) {
        return value_error(*finder.origin, cat("'", section.name, "' needs a name and a key"),
                           cat("for example: ", section.name, section.shape == Shape::Array ? ".0." : ".NAME.",
                               section.rows.front().key, "=…"));
    }
    std::string name;
    bool name_known = false;
    std::string bad_key;
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        name += (i > 1 ? "." : "") + parts[i];
        const std::size_t index = finder.element(section, name);
        if (index == k_no_element) continue;
        const Row* row = finder.row(section, parts[i + 1]);
        if (row != nullptr) return finish(finder, section, section.element(*finder.config, index), *row, i + 2);
        if (!name_known) bad_key = parts[i + 1];
        name_known = true;
    }
    if (name_known) return unknown(finder, bad_key, section.keys(), section.title(false));
    if (section.shape == Shape::Named) {
        const Row* row = finder.row(section, parts[2]);
        if (row == nullptr) return unknown(finder, parts[2], section.keys(), section.title(false));
        std::string id = parts[1];
        if (finder.spelling == Spelling::Variable) id = replace_all(lower(id), "_", "-");
        const std::size_t index = add_element(*finder.config, section, id, {});
        section.head(*finder.config, index)->said_by = finder.origin->text();
        return finish(finder, section, section.element(*finder.config, index), *row, 3);
    }
    // The name meant ends before the first part that is a key.
    name.clear();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (i > 1 && finder.row(section, parts[i]) != nullptr) break;
        name += (i > 1 ? "." : "") + parts[i];
    }
    if (finder.spelling == Spelling::Variable) name = replace_all(lower(name), "_", "-");
    return value_error(*finder.origin, cat("there is no ", section.title(false), " called '", name, "'"),
                       did_you_mean(name, element_names(section, *finder.config), "names"));
}

Result<Target> find_target(const Finder& finder) {
    const Section& top = schema().front();
    const std::string& first = finder.parts.front();
    if (const Row* row = finder.row(top, first)) return finish(finder, top, finder.config, *row, 1);
    for (const Section& section : schema()) {
        if (section.name.empty() || !finder.same(section.name, first)) continue;
        if (section.many()) return find_in_many(finder, section);
        if (finder.parts.size() < 2)
            return value_error(*finder.origin, cat("'", section.name, "' needs a key"),
                               did_you_mean("", section.keys(), "keys"));
        const Row* row = finder.row(section, finder.parts[1]);
        if (row == nullptr) return unknown(finder, finder.parts[1], section.keys(), section.title(false));
        return finish(finder, section, section.single(*finder.config), *row, 2);
    }
    std::vector<std::string> known = top.keys();
    for (std::string& name : section_names()) known.push_back(std::move(name));
    return unknown(finder, first, known, "");
}

Status apply_one(const Finder& finder, std::string_view text, const PathBase& base) {
    TRY(target, find_target(finder));
    Result<Toml> value = target.entry.empty() ? toml_of_text(*target.row, text, *finder.origin)
                                              : toml_of_entry(*target.row, target.entry, text, *finder.origin);
    if (!value) return std::move(value).error();
    return assign(*target.row, target.table, *value, *finder.origin, base, Assign::Merge);
}

std::vector<std::string> split_variable(std::string_view name) {
    std::vector<std::string> parts;
    for (std::size_t at = name.find("__"); at != std::string_view::npos; at = name.find("__")) {
        parts.emplace_back(name.substr(0, at));
        name.remove_prefix(at + 2);
    }
    parts.emplace_back(name);
    return parts;
}

// A variable with one part that is no key may be this program's own or anybody's; a mistyped key is an error.
Status check_stray(const Finder& finder) {
    const std::string& part = finder.parts[0];
    for (std::string_view own :
         {"ACCEPT", "CACHE", "CHANNEL", "JOBS", "MEMORY", "MODE", "OVERRIDES", "SOURCE_ROOT", "TRACE"}) {
        if (part == own) return {};
    }
    std::vector<std::string> known = schema().front().keys();
    for (std::string& name : section_names()) known.push_back(std::move(name));
    const std::string near = nearest(replace_all(lower(part), "_", "-"), known);
    if (near.empty()) return {};
    const bool table = find_section(near) != nullptr;
    std::string hint = cat("did you mean CERMET_", spelled(near, Spelling::Variable), table ? "__…" : "", "?");
    if (near == "profile") hint = "CERMET_DEFAULT_PROFILE chooses the profile; CERMET_PROFILE__NAME__KEY changes one";
    return usage_error(cat(finder.origin->name, " is no key of the configuration"), hint);
}

Status apply_environment(Config& config, const Overrides& overrides, const PathBase& base) {
    constexpr std::string_view prefix = "CERMET_";
    std::vector<std::pair<std::string, std::string>> variables = overrides.environment;
    std::sort(variables.begin(), variables.end());
    for (const auto& [name, text] : variables) {
        if (std::string_view(name).substr(0, prefix.size()) != prefix) continue;
        Origin origin;
        origin.kind = OriginKind::Environment;
        origin.name = name;
        Finder finder{&config, Spelling::Variable, &origin,
                      split_variable(std::string_view(name).substr(prefix.size()))};
        // CERMET_CACHE and its like are not options: only keys of the top table have one part.
        if (finder.parts.size() == 1 && finder.row(schema().front(), finder.parts[0]) == nullptr) {
            TRY_VOID(check_stray(finder));
            continue;
        }
        TRY_VOID(apply_one(finder, text, base));
    }
    return {};
}

Status apply_command_line(Config& config, const Overrides& overrides, const PathBase& base) {
    for (const std::string& option : overrides.command_line) {
        Origin origin;
        origin.kind = OriginKind::CommandLine;
        origin.name = cat("-C ", option);
        const std::size_t equal = option.find('=');
        if (equal == std::string::npos || equal == 0) {
            return usage_error(cat(origin.name, ": an option needs KEY=VALUE"),
                               "for example: -C profile.release.c-flags='-O3 -g'");
        }
        const Finder finder{&config, Spelling::Exact, &origin, split(std::string_view(option).substr(0, equal), '.')};
        TRY_VOID(apply_one(finder, std::string_view(option).substr(equal + 1), base));
    }
    return {};
}

}  // namespace overrides_detail

Error no_option(Config& config, std::string_view name, const Origin& origin) {
    std::vector<std::string> names;
    for (const Option& option : config.options) names.push_back(option.id);
    return value_error(
        origin, cat("there is no option called '", name, "'"),
        names.empty() ? std::string("the project has no [options.NAME] tables") : did_you_mean(name, names, "options"));
}

Status apply_text_overrides(Config& config, const Overrides& overrides, const PathBase& base) {
    TRY_VOID(overrides_detail::apply_environment(config, overrides, base));
    return overrides_detail::apply_command_line(config, overrides, base);
}

}  // namespace cermet::options
