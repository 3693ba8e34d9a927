// Toml: a TOML 1.0 document as values that know their line; the parser behind it is toml++, in toml.cpp only.
// SPDX-License-Identifier: MIT
//
// Every value carries the 1-based line and column where it was written, so that each error can point into the user's
// file. Tables keep the file's order of first appearance. Dates and times are kept as their text, as strings.
// parse_toml() takes untrusted bytes: an Error with its place, never a throw. Copyable, immutable once parsed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cermet {

class Toml {
   public:
    using Array = std::vector<Toml>;
    using Table = std::vector<std::pair<std::string, Toml>>;

    Toml() = default;  // an empty table at line 0
    static Toml of(std::string value);
    static Toml of(const char* value);
    static Toml of(bool value);
    static Toml of(int value);
    static Toml of(std::int64_t value);
    static Toml of(double value);
    static Toml of(Array value);
    static Toml of(Table value);

    bool is_string() const { return value_.index() == 1; }
    bool is_bool() const { return value_.index() == 2; }
    bool is_int() const { return value_.index() == 3; }
    bool is_float() const { return value_.index() == 4; }
    bool is_array() const { return value_.index() == 5; }
    bool is_table() const { return value_.index() == 0; }
    std::string_view kind_name() const;  // "a string", "a table", … for messages

    // Readers give the zero value when the type differs: check is_…() first where it matters.
    const std::string& string() const;
    bool boolean() const;
    std::int64_t integer() const;
    double number() const;
    const Array& array() const;
    const Table& table() const;
    const Toml* find(std::string_view key) const;          // nullptr when absent or not a table
    const Toml* find_path(std::string_view dotted) const;  // "tool.cermet.packages"; keys without dots
    std::vector<std::string> string_list() const;          // strings of an array; others skipped
    void set(std::string key, Toml value);

    int line = 0;
    int column = 0;
    bool inline_table = false;  // written as { … }: tells `dep = { … }` from `[dep]`
    Json to_json() const;

   private:
    std::variant<Table, std::string, bool, std::int64_t, double, Array> value_;
};

Result<Toml> parse_toml(std::string_view bytes, std::string_view name);

}  // namespace cermet
