// What cargo refuses in a manifest that could be read all the same: names, old spellings, keys without their partner.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "languages/rust/manifest/read.h"

namespace cermet::rust {

namespace refusals_detail {

// Letters of other alphabets count as such: their bytes are above ASCII.
bool is_letter(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(std::string_view text, std::string_view also) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter(c) || is_digit(c) || c == '_' || also.find(c) != std::string_view::npos;
    });
}

Status check_package_name(const Reader& fields, const Package& package) {
    const Toml* value = fields.find("name");
    if (value == nullptr) return {};
    const std::string& name = package.name;
    const bool good = !is_digit(name[0]) && name[0] != '-' && is_name(name, "-");
    if (good) return {};
    return fields.fail(*value, cat("`", name, "` is no name for a package"),
                       "it begins with a letter or `_`, and goes on with letters, digits, `-` and `_`");
}

Status check_feature_names(const Reader& manifest) {
    const Toml* table = manifest.find("features");
    if (table == nullptr || !table->is_table()) return {};
    for (const auto& [name, values] : table->table()) {
        const bool good = !name.empty() && name[0] != '+' && name[0] != '-' && name[0] != '.' && is_name(name, "-+.");
        if (good) continue;
        return manifest.fail(values, cat("`", name, "` is no name for a feature"),
                             "it begins with a letter, a digit or `_`, and goes on with those, `-`, `+` and `.`");
    }
    return {};
}

Status check_edition(const Reader& fields, const Package& package) {
    const std::string_view first = package.edition == "2018"   ? "1.31"
                                   : package.edition == "2021" ? "1.56"
                                   : package.edition == "2024" ? "1.85"
                                                               : "";
    if (first.empty() || package.rust_version.empty()) return {};
    if (compare_versions(*parse_rust_version(package.rust_version), *parse_rust_version(first)) >= 0) return {};
    return fields.fail(*fields.find("rust-version"),
                       cat("rust-version ", package.rust_version, " does not know the edition ", package.edition),
                       cat("that edition began with Rust ", first));
}

Status check_default_run(const Reader& fields, const Package& package) {
    if (package.default_run.empty()) return {};
    for (const Target& target : package.targets)
        if (target.is_bin() && target.name == package.default_run) return {};
    return fields.fail(*fields.find("default-run"),
                       cat("`default-run` names ", package.default_run, ", but there is no such program"));
}

}  // namespace refusals_detail

Status refuse_old_spelling(const Reader& table, std::string_view key, std::string_view old, std::string_view edition) {
    const Toml* value = table.find(old);
    if (edition != "2024" || value == nullptr) return {};
    return table.fail(*value, cat("`", old, "` is an error since edition 2024"), cat("write `", key, "`"));
}

Status refuse_program_fields(const Reader& table, const std::string& name) {
    for (const char* directory : {"deps", "examples", "build", "incremental"})
        if (name == directory)
            return table.fail(table.table(), cat("a program cannot be named `", name, "`"),
                              "cargo has a directory of that name beside its programs");
    const Toml* types = table.find("crate-type", "crate_type");
    if (types != nullptr && types->is_array() && !types->array().empty())
        return table.fail(*types, cat("the program `", name, "` cannot have a `crate-type`"));
    const Toml* macro = table.find("proc-macro", "proc_macro");
    if (macro != nullptr && macro->is_bool() && macro->boolean())
        return table.fail(*macro, cat("the program `", name, "` cannot be a `proc-macro`"));
    return {};
}

Status refuse_partners(const Reader& dependency, const std::string& name) {
    const auto both = [&](const char* one, const char* other) -> Status {
        if (dependency.find(one) == nullptr || dependency.find(other) == nullptr) return {};
        return dependency.fail(dependency.table(),
                               cat("dependency `", name, "` has both `", one, "` and `", other, "`"),
                               "keep one of them");
    };
    TRY_VOID(both("git", "registry"));
    TRY_VOID(both("git", "registry-index"));
    TRY_VOID(both("registry", "registry-index"));
    if (dependency.find("git") != nullptr) return {};
    for (const char* key : {"branch", "tag", "rev"})
        if (const Toml* value = dependency.find(key))
            return dependency.fail(*value, cat("`", key, "` of the dependency `", name, "` has no `git` beside it"));
    return {};
}

Status refuse_fields(const Reader& manifest, const Reader& fields, const Package& package) {
    using namespace refusals_detail;
    TRY_VOID(check_package_name(fields, package));
    if (manifest.find("package") == nullptr)
        TRY_VOID(refuse_old_spelling(manifest, "package", "project", package.edition));
    TRY_VOID(refuse_old_spelling(manifest, "dev-dependencies", "dev_dependencies", package.edition));
    TRY_VOID(refuse_old_spelling(manifest, "build-dependencies", "build_dependencies", package.edition));
    TRY_VOID(check_edition(fields, package));
    if (const Toml* pointer = fields.find("workspace"); pointer != nullptr && manifest.find("workspace") != nullptr)
        return fields.fail(*pointer, "a package with [workspace] is a root itself, and cannot name another one",
                           "keep one of them");
    return check_feature_names(manifest);
}

Status refuse_default_run(const Reader& fields, const Package& package) {
    return refusals_detail::check_default_run(fields, package);
}

Status refuse_in_root(const Toml& document, const std::string& file) {
    const auto fail = [&](const Toml& value, std::string message, std::string hint) {
        return project_error(std::move(message), std::move(hint)).at(file, value.line, value.column);
    };
    if (!has_package(document))
        for (const char* key :
             {"lib", "bin", "example", "test", "bench", "dependencies", "dev-dependencies", "dev_dependencies",
              "build-dependencies", "build_dependencies", "features", "target", "badges", "lints", "hints"})
            if (const Toml* value = document.find(key))
                return fail(*value, cat("a workspace without [package] cannot have `", key, "`"),
                            "write it into the manifest of the package it is for");
    const Toml* shared = document.find_path("workspace.dependencies");
    if (shared == nullptr || !shared->is_table()) return {};
    for (const auto& [name, entry] : shared->table())
        for (const char* key : {"optional", "public"})
            if (const Toml* value = entry.find(key); value != nullptr && value->is_bool() && value->boolean())
                return fail(*value, cat("`", key, "` of the workspace's dependency `", name, "`"),
                            "say it where a member inherits that dependency");
    return {};
}

}  // namespace cermet::rust
