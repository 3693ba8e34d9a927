// Reading typed values out of manifest tables with errors that name the line; shared by the manifest room's files.
// SPDX-License-Identifier: MIT
// Internal to languages/rust/manifest. A Reader is a view of one table; it owns nothing.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "languages/rust/manifest/manifest.h"

namespace cermet::rust {

class Reader {
   public:
    Reader(const Toml& table, std::string_view file) : table_(table), file_(file) {}

    const Toml& table() const { return table_; }
    const Toml* find(std::string_view key) const { return table_.find(key); }
    // The new spelling wins over the old one (M4).
    const Toml* find(std::string_view key, std::string_view old) const {
        const Toml* value = table_.find(key);
        return value != nullptr ? value : table_.find(old);
    }
    Error fail(const Toml& value, std::string message, std::string hint = {}) const;
    Error wrong(std::string_view key, const Toml& value, std::string_view expected) const;
    // Absent: `out` stays as it is.
    Status text(std::string_view key, std::string& out) const;
    Status flag(std::string_view key, bool& out) const { return flag(key, key, out); }
    Status flag(std::string_view key, std::string_view old, bool& out) const;
    Status texts(std::string_view key, std::vector<std::string>& out) const { return texts(key, key, out); }
    Status texts(std::string_view key, std::string_view old, std::vector<std::string>& out) const;
    Where where(const Toml& value) const { return Where{std::string(file_), value.line, value.column}; }

   private:
    const Toml& table_;
    std::string_view file_;
};

// [dependencies] and its relatives, [target.*] included; adds to package.dependencies (M11-M14).
Status read_dependencies(const Reader& manifest, const ManifestContext& context, Package& package);
// [features] and implicit features (M15). Call after read_dependencies.
Status read_features(const Reader& manifest, Package& package);
// [lib], [[bin]]… and discovery on disk (M5-M10).
Status read_targets(SourceFiles& files, const Reader& manifest, const Reader& package_table, Package& package);
// Errors of cargo's that reading alone would not meet (refusals.cpp). `fields`: [package] with what it inherits.
Status refuse_fields(const Reader& manifest, const Reader& fields, const Package& package);
Status refuse_default_run(const Reader& fields, const Package& package);  // call after read_targets
Status refuse_old_spelling(const Reader& table, std::string_view key, std::string_view old, std::string_view edition);
Status refuse_program_fields(const Reader& table, const std::string& name);
Status refuse_partners(const Reader& dependency, const std::string& name);
// [lints] to rustc flags (M27).
Status read_lints(const Reader& manifest, const ManifestContext& context, Package& package);

}  // namespace cermet::rust
