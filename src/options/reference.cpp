// Reference: configuration page, JSON schema and list of knobs, all from the schema's rows.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/text.h"
#include "options/values.h"

namespace cermet::options {

namespace reference_detail {

std::string heading(const Section& section) {
    if (section.shape == Shape::Top) return "[tool.cermet]";
    return section.title(true);
}

std::string cell(std::string_view text) { return replace_all(text, "|", "\\|"); }

void add_section(std::string& out, const Section& section) {
    out += cat("\n## `", heading(section), "`\n\n", section.doc, "\n\n");
    out += "| key | type | default | meaning |\n|---|---|---|---|\n";
    for (const Row& row : section.rows) {
        const std::string standard = default_text(row);
        out += cat("| `", row.key, "` | ", cell(type_text(row)), " | ",
                   standard.empty() ? std::string() : cat("`", cell(standard), "`"), " | ", cell(row.doc), " |\n");
    }
    std::string name = section.name == "crates" ? "openssl-sys" : "release";
    if (section.name == "toolchain") name = "aarch64-unknown-linux-gnu";  // lint: allow(triple) an example
    out += cat("\nEach key once, to show how it is written (not all go together):\n\n```toml\n",
               replace_all(heading(section), "NAME", name), "\n");
    for (const Row& row : section.rows) out += cat(row.key, " = ", row.example, "\n");
    out += "```\n";
}

Json string_list() {
    Json item;
    item.set("type", "string");
    Json list;
    list.set("type", "array").set("items", std::move(item));
    return list;
}

Json any_of(Json a, Json b) {
    Json both;
    both.set("anyOf", Json(Json::Array{std::move(a), std::move(b)}));
    return both;
}

Json of_type(const char* name) {
    Json type;
    type.set("type", name);
    return type;
}

Json map_of(Json value) {
    Json map;
    map.set("type", "object").set("additionalProperties", std::move(value));
    return map;
}

Json row_type(const Row& row) {
    switch (storage_of(row.kind)) {
        case Storage::String: {
            if (row.kind == Kind::Scalar) {
                Json any;
                any.set("type", Json::strings({"string", "boolean", "number"}));
                return any;
            }
            Json type = of_type("string");
            if (row.kind == Kind::Choice) type.set("enum", Json::strings(row.choices));
            return type;
        }
        case Storage::Boolean: return of_type("boolean");
        case Storage::Integer: {
            Json type = of_type("integer");
            type.set("minimum", 0);
            return type;
        }
        case Storage::Strings: return string_list();
        case Storage::DefineMap: {
            Json value;
            std::vector<std::string> types = {"string", "integer"};
            if (row.kind == Kind::DefineMap) types.push_back("boolean");
            value.set("type", Json::strings(types));
            return map_of(std::move(value));
        }
        case Storage::ValueMap: return map_of(Json(true));
        case Storage::ListMap: return map_of(string_list());
        case Storage::SourcePaths: {
            Json keys;
            keys.set("from", of_type("string")).set("exclude", string_list());
            Json table = of_type("object");
            table.set("properties", std::move(keys))
                .set("required", Json::strings({"from"}))
                .set("additionalProperties", false);
            return any_of(string_list(), std::move(table));
        }
    }
    abort_bug("unknown storage of a setting");
}

Json section_type(const Section& section) {
    Json properties{Json::Object{}};
    for (const Row& row : section.rows) {
        Json type = row_type(row);
        type.set("description", row.doc);
        if (row.kind == Kind::Boolean) {
            type.set("default", row.default_text == "true");
        } else if (row.kind == Kind::Integer) {
            type.set("default", 0);
        } else if (!row.default_text.empty()) {
            type.set("default", row.default_text);
        }
        properties.set(row.key, std::move(type));
    }
    Json type = of_type("object");
    type.set("description", section.doc).set("additionalProperties", false).set("properties", std::move(properties));
    return type;
}

constexpr const char* k_introduction =
    R"(# Configuration

<!-- Generated from src/options/schema.cpp by the unit tests; edit the rows there. -->

Cermet reads `[tool.cermet]` of `pyproject.toml`, or, where there is no Python package, `cermet.toml`, which has the
same tables at its top level (`[[cython]]` in place of `[[tool.cermet.cython]]`). An unknown key is an error.

## Values from outside

Every key can be set without touching the project. In rising precedence:

1. the project's file;
2. an overrides file: TOML with the tables of `cermet.toml`; `[cython.NAME]` or `[cython.0]` changes one of the
   project's `[[cython]]` tables, `[[cython]]` adds one;
3. environment variables: `CERMET_` and the path in capitals, dots as `__`, other signs as `_`:
   `CERMET_PROFILE__RELEASE__C_FLAGS='-O3 -g'`, `CERMET_CYTHON__PKG_CORE__LANGUAGE=c++`;
4. options: `-C profile.release.c-flags='-O3 -g'`, `-C cython.pkg.core.language=c++`,
   `-C cython.0.directives.boundscheck=false`.

What a wheel was built with that its project's files do not say is recorded in it as an overrides file:
`--overrides WHEEL` builds the same again.

A table with a name is addressed by it, or by its place, counted from 0. A list is written as TOML (`["a", "b"]`) or
as words, split as a shell does. Tables such as `define` and `directives` are merged, entry by entry; everything else
is replaced. Paths in variables and options are relative to the project, those in a file to that file.
)";

}  // namespace reference_detail

std::string configuration_reference() {
    std::string out = reference_detail::k_introduction;
    for (const Section& section : schema()) reference_detail::add_section(out, section);
    return out;
}

Json configuration_schema() {
    using namespace reference_detail;
    Json root = section_type(schema().front());
    Json properties = root["properties"];
    for (const Section& section : schema()) {
        if (section.name.empty()) continue;
        Json type = section_type(section);
        if (section.shape == Shape::Named) type = map_of(std::move(type));
        if (section.shape == Shape::Array) {
            Json list = of_type("array");
            list.set("items", std::move(type));
            type = std::move(list);
        }
        properties.set(section.name, std::move(type));
    }
    root.set("properties", std::move(properties))
        .set("$schema", "http://json-schema.org/draft-07/schema#")
        .set("title", "Cermet: [tool.cermet] or cermet.toml");
    return root;
}

}  // namespace cermet::options
