// The schema: one row per key; parser, overrides, page and JSON schema are made from it.
// SPDX-License-Identifier: MIT
//
// A Section is a TOML table; a Row is a key of it and knows how to find its Setting<> in the typed
// struct. Private to this room. Threads: the tables are built on first use and immutable.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "options/config.h"

namespace cermet::options {

enum class Kind {
    String,       // any text
    Choice,       // one of `choices`
    Path,         // a path, kept relative to the project
    Crate,        // a package name, or a path where it has a '/'
    Scalar,       // text, a number, true or false; kept as text
    Boolean,      // true or false
    Integer,      // a whole number, not negative
    Strings,      // a list of text
    Words,        // a list of command line words
    Paths,        // a list of paths
    Globs,        // a list of paths and globs
    Crates,       // a list of package names or directories
    DefineMap,    // NAME -> text, number, true or false
    EnvMap,       // NAME -> text
    ValueMap,     // name -> any scalar or list
    ListMap,      // name -> list of text
    SourcePaths,  // a list of paths and globs, or { from = "path" }
};

enum class Storage { String, Boolean, Integer, Strings, DefineMap, ValueMap, ListMap, SourcePaths };
Storage storage_of(Kind kind);

struct Row {
    std::string key;
    Kind kind = Kind::String;
    std::vector<std::string> choices;  // Choice only
    std::string default_text;          // plain text; lists and tables are empty by default
    std::string doc;                   // one sentence
    std::string example;               // a TOML value
    void* (*field)(void* table) = nullptr;
};

enum class Shape {
    Top,     // [tool.cermet]
    Single,  // [tool.cermet.version]
    Named,   // [tool.cermet.profile.NAME]
    Array,   // [[tool.cermet.cython]]
};

struct Section {
    std::string name;  // "" for Top
    Shape shape = Shape::Top;
    std::string doc;
    std::vector<Row> rows;
    void* (*single)(Config&) = nullptr;       // Top, Single
    Where* (*place)(Config&) = nullptr;       // Single; may be null
    std::size_t (*count)(Config&) = nullptr;  // Named, Array …
    void* (*element)(Config&, std::size_t) = nullptr;
    Table* (*head)(Config&, std::size_t) = nullptr;
    void (*add)(Config&) = nullptr;
    void (*remove)(Config&, std::size_t) = nullptr;

    bool many() const { return shape == Shape::Named || shape == Shape::Array; }
    const Row* find(std::string_view key) const;
    std::vector<std::string> keys() const;
    // "[tool.cermet]", "[[tool.cermet.cython]]" (or without "tool.cermet." for cermet.toml).
    std::string title(bool in_pyproject) const;
};

const std::vector<Section>& schema();
const Section* find_section(std::string_view name);
std::vector<std::string> section_names();  // without Top
const Row& option_value();                 // of [options.NAME]: only said from outside, as `options.NAME = value`

// The value of `name =` of an array's element, or its id.
std::string element_name(const Section& section, Config& config, std::size_t index);

template <class T>
T& setting(const Row& row, void* table) {
    return *static_cast<T*>(row.field(table));
}

}  // namespace cermet::options
