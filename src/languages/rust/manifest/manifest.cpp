// The [package] table: fields, inheritance from the workspace, and the parts put together.
// SPDX-License-Identifier: MIT
#include "languages/rust/manifest/manifest.h"

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/manifest/read.h"

namespace cermet::rust {

Error Reader::fail(const Toml& value, std::string message, std::string hint) const {
    return project_error(std::move(message), std::move(hint)).at(where(value));
}

Error Reader::wrong(std::string_view key, const Toml& value, std::string_view expected) const {
    return fail(value, cat("`", key, "` must be ", expected, ", but it is ", value.kind_name()));
}

Status Reader::text(std::string_view key, std::string& out) const {
    const Toml* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return wrong(key, *value, "a string");
    out = value->string();
    return {};
}

Status Reader::flag(std::string_view key, std::string_view old, bool& out) const {
    const Toml* value = find(key, old);
    if (value == nullptr) return {};
    if (!value->is_bool()) return wrong(key, *value, "true or false");
    out = value->boolean();
    return {};
}

Status Reader::texts(std::string_view key, std::string_view old, std::vector<std::string>& out) const {
    const Toml* value = find(key, old);
    if (value == nullptr) return {};
    if (!value->is_array()) return wrong(key, *value, "an array of strings");
    out.clear();
    for (const Toml& item : value->array()) {
        if (!item.is_string()) return wrong(key, item, "an array of strings");
        out.push_back(item.string());
    }
    return {};
}

bool Target::is_proc_macro() const { return kind == TargetKind::Lib && contains(crate_types, "proc-macro"); }

bool Target::is_linkable() const {
    if (kind != TargetKind::Lib) return false;
    for (const std::string& type : crate_types)
        if (type == "lib" || type == "rlib" || type == "dylib" || type == "proc-macro") return true;
    return false;
}

bool Target::is_cdylib() const { return contains(crate_types, "cdylib"); }

std::vector<std::string> Target::kinds() const {
    switch (kind) {
        case TargetKind::Lib: return crate_types;
        case TargetKind::Bin: return {"bin"};
        case TargetKind::Example: return {"example"};
        case TargetKind::Test: return {"test"};
        case TargetKind::Bench: return {"bench"};
        case TargetKind::CustomBuild: return {"custom-build"};
    }
    return {};
}

void Package::set_metadata(const Toml& table) {
    metadata = table.to_json();
    const Toml* channel = table.find("cermet");
    if (channel != nullptr) channel_place = {manifest_path, channel->line, channel->column};
}

const Target* Package::library() const {
    for (const Target& target : targets)
        if (target.is_lib()) return &target;
    return nullptr;
}

const Target* Package::build_script() const {
    for (const Target& target : targets)
        if (target.is_custom_build()) return &target;
    return nullptr;
}

bool has_package(const Toml& manifest) {
    return manifest.find("package") != nullptr || manifest.find("project") != nullptr;
}

Result<Toml> parse_manifest_file(SourceFiles& files, const std::string& manifest_path) {
    std::optional<std::string> bytes = files.read(manifest_path);
    if (!bytes) return project_error(cat("there is no manifest ", manifest_path)).at(manifest_path);
    return parse_toml(*bytes, manifest_path);
}

namespace manifest_detail {

// The [package] table with every `key.workspace = true` replaced by the root's value (M20).
Result<Toml> inherit_fields(const Reader& manifest, const Toml& package, const ManifestContext& context) {
    Toml::Table out;
    for (const auto& [key, value] : package.table()) {
        const Toml* flag = value.is_table() && key != "metadata" ? value.find("workspace") : nullptr;
        if (flag == nullptr) {
            out.emplace_back(key, value);
            continue;
        }
        if (!flag->is_bool() || !flag->boolean())
            return manifest.fail(value, cat("`", key, ".workspace` can only be true"));
        if (context.inheritance == nullptr || !context.inheritance->present)
            return manifest.fail(value, cat("`", key, "` is inherited, but no workspace was found"),
                                 "write the value here, or add this package to a workspace's members");
        const Toml* inherited = context.inheritance->package.find(key);
        if (inherited == nullptr)
            return manifest.fail(value, cat("`", key, "` is inherited, but the workspace does not define it"),
                                 cat("add `", key, "` to [workspace.package] in ", context.inheritance->root_manifest));
        Toml copy = *inherited;
        copy.line = value.line;
        out.emplace_back(key, std::move(copy));
    }
    Toml table = Toml::of(std::move(out));
    table.line = package.line;
    table.column = package.column;
    return table;
}

// readme and license-file of the workspace are relative to its root.
void rebase(std::string& path, std::string_view key, const Toml& original, const ManifestContext& context,
            const Package& package) {
    const Toml* value = original.find(key);
    if (path.empty() || value == nullptr || !value->is_table() || context.inheritance == nullptr) return;
    path = relative_to(join_path(context.inheritance->root_directory, path), package.directory);
}

Status read_readme(SourceFiles& files, const Reader& reader, Package& package) {
    const Toml* value = reader.find("readme");
    if (value != nullptr && value->is_string()) {
        package.readme = value->string();
        return {};
    }
    if (value != nullptr && value->is_bool()) {
        if (value->boolean()) package.readme = "README.md";
        return {};
    }
    if (value != nullptr) return reader.wrong("readme", *value, "a string or a bool");
    for (const char* name : {"README.md", "README.txt", "README"})
        if (files.kind(join_path(package.directory, name)) == SourceKind::File) {
            package.readme = name;
            return {};
        }
    return {};
}

Status read_publish(const Reader& reader, bool has_version, Package& package) {
    const Toml* value = reader.find("publish");
    if (value == nullptr) {
        if (!has_version) package.publish.emplace();
        return {};
    }
    if (value->is_bool()) {
        if (!value->boolean()) package.publish.emplace();
        return {};
    }
    std::vector<std::string> registries;
    TRY_VOID(reader.texts("publish", registries));
    package.publish = std::move(registries);
    return {};
}

Status read_identity(const Reader& reader, Package& package) {
    TRY_VOID(reader.text("name", package.name));
    if (package.name.empty())
        return reader.fail(reader.table(), "the package has no name", "add `name = \"…\"` to [package]");
    package.version_text = "0.0.0";
    TRY_VOID(reader.text("version", package.version_text));
    package.version_text = std::string(trim(package.version_text));
    std::optional<Version> version = parse_version(package.version_text);
    if (!version)
        return reader.fail(*reader.find("version"),
                           cat("version \"", package.version_text, "\" is not a SemVer version"));
    package.version = std::move(*version);
    const Toml* edition = reader.find("edition");
    TRY_VOID(reader.text("edition", package.edition));
    static const std::vector<std::string> k_editions = {"2015", "2018", "2021", "2024"};
    if (!contains(k_editions, package.edition))
        return reader.fail(*edition, cat("edition \"", package.edition, "\" is not supported"),
                           "known editions are 2015, 2018, 2021 and 2024");
    if (edition == nullptr && package.source.is_path())
        package.warnings.push_back(cat(package.manifest_path, ": no edition set: defaulting to the 2015 edition"));
    TRY_VOID(reader.text("rust-version", package.rust_version));
    if (!package.rust_version.empty() && !parse_rust_version(package.rust_version))
        return reader.fail(*reader.find("rust-version"),
                           cat("rust-version \"", package.rust_version, "\" is not a version"));
    return {};
}

// Nightly-only keys change what is built: refused, never ignored (M2, M17).
Status refuse_unstable(const Reader& manifest, const Reader& reader) {
    const Toml* nightly = manifest.find("cargo-features");
    if (nightly != nullptr && !nightly->array().empty())
        return manifest.fail(*nightly, "`cargo-features` needs a nightly cargo and is not supported");
    for (const char* key : {"metabuild", "default-target", "forced-target", "im-a-teapot"})
        if (const Toml* value = reader.find(key))
            return reader.fail(*value, cat("`", key, "` needs a nightly cargo and is not supported"));
    return {};
}

Status read_fields(SourceFiles& files, const Reader& reader, Package& package) {
    TRY_VOID(read_identity(reader, package));
    TRY_VOID(reader.text("links", package.links));
    TRY_VOID(reader.text("default-run", package.default_run));
    TRY_VOID(reader.text("resolver", package.resolver));
    TRY_VOID(reader.texts("authors", package.authors));
    TRY_VOID(reader.texts("keywords", package.keywords));
    TRY_VOID(reader.texts("categories", package.categories));
    TRY_VOID(reader.texts("include", package.include));
    TRY_VOID(reader.texts("exclude", package.exclude));
    TRY_VOID(reader.text("description", package.description));
    TRY_VOID(reader.text("homepage", package.homepage));
    TRY_VOID(reader.text("repository", package.repository));
    TRY_VOID(reader.text("documentation", package.documentation));
    TRY_VOID(reader.text("license", package.license));
    TRY_VOID(reader.text("license-file", package.license_file));
    TRY_VOID(read_readme(files, reader, package));
    TRY_VOID(read_publish(reader, reader.find("version") != nullptr, package));
    if (const Toml* metadata = reader.find("metadata")) package.set_metadata(*metadata);
    return {};
}

void warn_unknown_keys(const Toml& manifest, Package& package) {
    static const std::vector<std::string> k_known = {"package",
                                                     "project",
                                                     "lib",
                                                     "bin",
                                                     "example",
                                                     "test",
                                                     "bench",
                                                     "dependencies",
                                                     "dev-dependencies",
                                                     "dev_dependencies",
                                                     "build-dependencies",
                                                     "build_dependencies",
                                                     "target",
                                                     "features",
                                                     "profile",
                                                     "patch",
                                                     "replace",
                                                     "workspace",
                                                     "badges",
                                                     "lints",
                                                     "cargo-features",
                                                     "hints"};
    if (!package.source.is_path()) return;
    for (const auto& [key, value] : manifest.table())
        if (!contains(k_known, key))
            package.warnings.push_back(cat(package.manifest_path, ":", value.line, ": unused manifest key: ", key));
}

}  // namespace manifest_detail

Result<PackagePtr> read_manifest(SourceFiles& files, const std::string& manifest_path, const Toml& document,
                                 const ManifestContext& context) {
    using namespace manifest_detail;
    Reader manifest(document, manifest_path);
    const Toml* table = manifest.find("package", "project");
    if (table == nullptr || !table->is_table()) return manifest.fail(document, "the manifest has no [package] table");
    TRY(inherited, inherit_fields(manifest, *table, context));
    Reader reader(inherited, manifest_path);
    auto package = std::make_shared<Package>();
    package->manifest_path = manifest_path;
    package->directory = std::string(parent(manifest_path));
    package->source = context.source;
    package->where = manifest.where(*table);
    TRY_VOID(refuse_unstable(manifest, reader));
    TRY_VOID(read_fields(files, reader, *package));
    TRY_VOID(refuse_fields(manifest, reader, *package));
    rebase(package->readme, "readme", *table, context, *package);
    rebase(package->license_file, "license-file", *table, context, *package);
    TRY_VOID(read_dependencies(manifest, context, *package));
    TRY_VOID(read_features(manifest, *package));
    TRY_VOID(read_lints(manifest, context, *package));
    if (const Toml* hints = manifest.find("hints")) package->hints = hints->to_json();
    TRY_VOID(read_targets(files, manifest, reader, *package));
    TRY_VOID(refuse_default_run(reader, *package));
    warn_unknown_keys(document, *package);
    return PackagePtr(std::move(package));
}

}  // namespace cermet::rust
