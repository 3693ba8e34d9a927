// Values: one row's value from TOML or from text into its Setting<>, and back into TOML text.
// SPDX-License-Identifier: MIT
// Private to this room. Errors carry the origin: a Project error at file:line:column, or a Usage
// error naming the option.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/toml.h"
#include "options/schema.h"

namespace cermet::options {

// Where relative paths start: the directory of the file that holds them, and the project's.
struct PathBase {
    std::string holder;
    std::string project;
};

enum class Assign {
    Replace,
    Merge,  // tables keep their other entries; all else is replaced
};

// An error about a value of this origin.
Error value_error(const Origin& origin, std::string message, std::string hint = {});
// "did you mean 'x'?", or "known: a, b, c" where nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, std::string_view what);

Status assign(const Row& row, void* table, const Toml& value, const Origin& origin, const PathBase& base, Assign mode);
// The value that an option or a variable says as text: TOML lists and tables, else plain words.
Result<Toml> toml_of_text(const Row& row, std::string_view text, const Origin& origin);
// One entry of a table-valued row: `define.NAME=1`.
Result<Toml> toml_of_entry(const Row& row, std::string_view name, std::string_view text, const Origin& origin);
void set_default(const Row& row, void* table);

// "option:NAME" -> NAME.
std::optional<std::string> option_named(std::string_view text);
std::optional<bool> flag_named(std::string_view text);  // true, 1, yes, on and their opposites
bool is_number(std::string_view text);                  // as TOML writes them
std::string scalar_text(const std::string& text);       // a Scalar as TOML
std::string key_text(std::string_view key);             // a key as TOML, quoted where it must be

std::string type_text(const Row& row);                // "list of text"
std::string default_text(const Row& row);             // as TOML; "" = none
std::string value_text(const Row& row, void* table);  // as TOML, one line
const Origin& origin_of(const Row& row, void* table);
bool same_value(const Row& row, void* a, void* b);

}  // namespace cermet::options
