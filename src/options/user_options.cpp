// User options: the values of [options.NAME], and where other tables name them.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/lists.h"
#include "base/text.h"
#include "options/loader.h"

namespace cermet::options {

namespace user_options_detail {

Error wrong_value(const Option& option, const Text& text) {
    std::string takes = cat("one of ", join(*option.choices, ", "));
    if (*option.type == "boolean") takes = "true or false";
    if (*option.type == "number") takes = "a number";
    const std::string near = *option.type == "choice" ? nearest(*text, *option.choices) : std::string();
    return value_error(text.origin, cat("the option '", option.id, "' takes ", takes, ", not '", *text, "'"),
                       near.empty() ? std::string() : cat("did you mean '", near, "'?"));
}

// The same value always has the same text.
Result<std::string> canonical_value(const Option& option, const Text& text) {
    if (*option.type == "text") return *text;
    if (*option.type == "boolean") {
        const std::optional<bool> flag = flag_named(*text);
        if (!flag) return wrong_value(option, text);
        return std::string(*flag ? "true" : "false");
    }
    if (*option.type == "number") {
        if (!is_number(*text)) return wrong_value(option, text);
        TRY(parsed, parse_toml(cat("v = ", *text), "a number"));
        return parsed.find("v")->to_json().dump();
    }
    if (!contains(*option.choices, *text)) return wrong_value(option, text);
    return *text;
}

Status check_name(const Option& option) {
    const bool good = !option.id.empty() && std::all_of(option.id.begin(), option.id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (good) return {};
    return project_error(cat("'", option.id, "' is not a good name for an option"),
                         "use small letters, digits, '-' and '_'")
        .at(option.place);
}

Status settle(Option& option) {
    TRY_VOID(check_name(option));
    const bool choice = *option.type == "choice";
    if (choice == option.choices->empty()) {
        const Origin& origin = choice ? option.type.origin : option.choices.origin;
        return value_error(origin,
                           choice ? cat("the option '", option.id, "' is a choice, and has no choices")
                                  : cat("the option '", option.id, "' has choices, and is a ", *option.type),
                           choice ? "for example: choices = [\"rustls\", \"native-tls\"]" : "write type = \"choice\"");
    }
    if (!option.initial.set()) {
        option.initial.value = choice ? option.choices->front() : *option.type == "boolean" ? "false" : "";
        if (*option.type == "number") option.initial.value = "0";
    }
    TRY(initial, canonical_value(option, option.initial));
    option.initial.value = initial;
    if (!option.value.set()) {
        option.value = option.initial;
        return {};
    }
    TRY(value, canonical_value(option, option.value));
    option.value.value = value;
    return {};
}

// Puts the values of options where one row names them.
class Placing {
   public:
    Placing(Config& config, const Row& row, void* table, std::string path)
        : config_(config), row_(row), table_(table), path_(std::move(path)) {}

    Status place() {
        if (row_.key == "when") return conditions();
        switch (storage_of(row_.kind)) {
            case Storage::String: return text();
            case Storage::Strings: return list(setting<Texts>(row_, table_).value);
            case Storage::DefineMap: return macros();
            case Storage::ValueMap: return values();
            case Storage::ListMap:
                for (auto& [name, entries] : setting<Lists>(row_, table_).value) TRY_VOID(list(entries));
                return {};
            case Storage::Boolean:
            case Storage::Integer:
            case Storage::SourcePaths: return {};
        }
        abort_bug("unknown storage of a setting");
    }

   private:
    Result<const Option*> need(const std::string& name) {
        for (Option& option : config_.options) {
            if (option.id != name) continue;
            add_once(option.consumers, path_);
            return &option;
        }
        Error error = no_option(config_, name, origin_of(row_, table_));
        error.message = cat("'", row_.key, "' names option:", name, ", but there is no such option");
        return error;
    }

    Status text() {
        const Text named = setting<Text>(row_, table_);
        const std::optional<std::string> name = option_named(*named);
        if (!name) return {};
        TRY(option, need(*name));
        const PathBase here{config_.directory, config_.directory};
        return assign(row_, table_, Toml::of(*option->value), named.origin, here, Assign::Replace);
    }

    Status list(std::vector<std::string>& entries) {
        std::vector<std::string> placed;
        for (const std::string& entry : entries) {
            const std::optional<std::string> name = option_named(entry);
            if (!name) {
                placed.push_back(entry);
                continue;
            }
            TRY(option, need(*name));
            const bool boolean = *option->type == "boolean";
            if (boolean && *option->value == "true") placed.push_back(*name);
            if (!boolean && !option->value->empty()) placed.push_back(*option->value);
        }
        entries = std::move(placed);
        return {};
    }

    Status macros() {
        std::map<std::string, std::string> placed;
        for (const auto& [key, text] : *setting<Defines>(row_, table_)) {
            const std::optional<std::string> name = option_named(text);
            if (!name) {
                placed[key] = text;
                continue;
            }
            TRY(option, need(*name));
            const bool macro = row_.kind == Kind::DefineMap && *option->type == "boolean";
            if (macro && *option->value == "false") continue;
            placed[key] = macro ? std::string("1") : *option->value;
        }
        setting<Defines>(row_, table_).value = std::move(placed);
        return {};
    }

    Status values() {
        for (auto& [key, value] : setting<Values>(row_, table_).value) {
            const std::optional<std::string> name = value.is_string() ? option_named(value.string()) : std::nullopt;
            if (!name) continue;
            TRY(option, need(*name));
            if (*option->type == "boolean" || *option->type == "number") {
                TRY(parsed, parse_json(*option->value, "an option"));
                value = parsed;
            } else {
                value = Json(*option->value);
            }
        }
        return {};
    }

    // `cfg(option = "NAME")` becomes cfg(all()), which is true, or cfg(any()), which is false.
    Status conditions() {
        Text& when = setting<Text>(row_, table_);
        if (trim(*when).substr(0, 4) != "cfg(") return {};
        std::string placed;
        std::string_view rest = *when;
        for (std::size_t at = rest.find("option"); at != std::string_view::npos; at = rest.find("option")) {
            std::string_view after = trim(rest.substr(at + 6));
            const bool word = at > 0 && rest[at - 1] != '_' && after.substr(0, 1) == "=";
            after = word ? trim(after.substr(1)) : std::string_view();
            const std::size_t end = after.size() > 1 && after[0] == '"' ? after.find('"', 1) : std::string_view::npos;
            if (end == std::string_view::npos) {
                placed += rest.substr(0, at + 6);
                rest.remove_prefix(at + 6);
                continue;
            }
            TRY(truth, holds(std::string(after.substr(1, end - 1)), when.origin));
            placed += cat(rest.substr(0, at), truth ? "all()" : "any()");
            rest = after.substr(end + 1);
        }
        when.value = cat(placed, rest);
        return {};
    }

    // "NAME" or "NAME=value".
    Result<bool> holds(const std::string& text, const Origin& origin) {
        const std::size_t equal = text.find('=');
        TRY(option, need(text.substr(0, equal)));
        if (equal == std::string::npos) {
            if (*option->type == "boolean") return *option->value == "true";
            return value_error(origin, cat("the option '", option->id, "' is a ", *option->type, ", not true or false"),
                               cat("write cfg(option = \"", option->id, "=VALUE\")"));
        }
        TRY(wanted, canonical_value(*option, {text.substr(equal + 1), origin}));
        return wanted == *option->value;
    }

    Config& config_;
    const Row& row_;
    void* table_;
    std::string path_;
};

Status place_in(Config& config, const Section& section, void* table, const std::string& prefix) {
    for (const Row& row : section.rows) {
        Placing placing(config, row, table, cat(prefix, prefix.empty() ? "" : ".", row.key));
        TRY_VOID(placing.place());
    }
    return {};
}

}  // namespace user_options_detail

Status settle_options(Config& config) {
    for (Option& option : config.options) TRY_VOID(user_options_detail::settle(option));
    return {};
}

Status place_options(Config& config) {
    using namespace user_options_detail;
    for (const Section& section : schema()) {
        if (section.name == "options") continue;
        if (!section.many()) {
            TRY_VOID(place_in(config, section, section.single(config), section.name));
            continue;
        }
        for (std::size_t i = 0; i < section.count(config); ++i) {
            TRY_VOID(place_in(config, section, section.element(config, i),
                              cat(section.name, ".", element_name(section, config, i))));
        }
    }
    return {};
}

}  // namespace cermet::options
