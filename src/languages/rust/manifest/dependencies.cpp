// Dependency tables, features and lints of a manifest.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/manifest/read.h"

namespace cermet::rust {

namespace dependencies_detail {

constexpr const char* k_crates_io_names[] = {"crates-io", "crates.io"};

std::vector<std::pair<std::string, const Toml*>> sorted_entries(const Toml& table) {
    std::vector<std::pair<std::string, const Toml*>> out;
    for (const auto& [key, value] : table.table()) out.emplace_back(key, &value);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return out;
}

class DependencyReader {
   public:
    DependencyReader(const Reader& manifest, const ManifestContext& context, Package& package)
        : manifest_(manifest), context_(context), package_(package) {}

    Status read_tables(const Reader& owner, const std::optional<Platform>& platform) {
        TRY_VOID(read_table(owner.find("dependencies"), DependencyKind::Normal, platform));
        TRY_VOID(read_table(owner.find("dev-dependencies", "dev_dependencies"), DependencyKind::Development, platform));
        return read_table(owner.find("build-dependencies", "build_dependencies"), DependencyKind::Build, platform);
    }

   private:
    Status read_table(const Toml* table, DependencyKind kind, const std::optional<Platform>& platform) {
        if (table == nullptr) return {};
        if (!table->is_table()) return manifest_.wrong("dependencies", *table, "a table");
        for (const auto& [key, value] : sorted_entries(*table)) {
            Dependency dependency;
            dependency.key = key;
            dependency.kind = kind;
            dependency.platform = platform;
            dependency.where = manifest_.where(*value);
            TRY_VOID(read_one(*value, dependency));
            package_.dependencies.push_back(std::move(dependency));
        }
        return {};
    }

    Status read_one(const Toml& value, Dependency& dependency) {
        dependency.package = dependency.key;
        if (value.is_string()) return set_source(value, package_.directory, dependency, &value);
        if (!value.is_table()) return manifest_.wrong(dependency.key, value, "a version requirement or a table");
        const Toml* workspace = value.find("workspace");
        if (workspace != nullptr && workspace->is_bool() && workspace->boolean())
            return read_inherited(value, dependency);
        TRY_VOID(read_flags(value, dependency));
        TRY_VOID(refuse_partners(Reader(value, package_.manifest_path), dependency.key));
        return set_source(value, package_.directory, dependency, value.find("version"));
    }

    // `dep.workspace = true`: the root's entry, plus the member's features and optional (M20).
    Status read_inherited(const Toml& value, Dependency& dependency) {
        const Inheritance* root = context_.inheritance;
        const Toml* entry = root != nullptr && root->present ? root->dependencies.find(dependency.key) : nullptr;
        if (entry == nullptr)
            return manifest_.fail(
                value, cat("dependency `", dependency.key, "` is inherited, but the workspace has none"),
                root != nullptr && root->present ? cat("add it to [workspace.dependencies] in ", root->root_manifest)
                                                 : std::string("no workspace was found for this package"));
        if (entry->is_table()) TRY_VOID(read_flags(*entry, dependency));
        std::vector<std::string> features = dependency.features;
        bool root_defaults = dependency.default_features;
        const Toml* own = value.find("default-features");
        if (own == nullptr) own = value.find("default_features");
        TRY_VOID(read_flags(value, dependency));
        std::vector<std::string> added =
            value.find("features") != nullptr ? dependency.features : std::vector<std::string>();
        // A member can switch the defaults on again, never off (cargo 1.95).
        dependency.default_features = root_defaults || (own != nullptr && own->boolean());
        if (own != nullptr && !own->boolean() && root_defaults) {
            if (package_.edition == "2024")
                return manifest_.fail(value,
                                      cat("`default-features = false` cannot override the workspace's "
                                          "dependency `",
                                          dependency.key, "`"),
                                      "set `default-features = false` in [workspace.dependencies]");
            dependency.default_features = true;
        }
        features.insert(features.end(), added.begin(), added.end());
        dependency.features = std::move(features);
        const Toml* version = entry->is_string() ? entry : entry->find("version");
        return set_source(*entry, root->root_directory, dependency, version);
    }

    Status read_flags(const Toml& value, Dependency& dependency) {
        Reader reader(value, package_.manifest_path);
        for (const char* key : {"artifact", "target", "base"})
            if (const Toml* unstable = value.find(key))
                return manifest_.fail(*unstable, cat("`", key,
                                                     "` of a dependency needs a nightly cargo and "
                                                     "is not supported"));
        TRY_VOID(refuse_old_spelling(reader, "default-features", "default_features", package_.edition));
        TRY_VOID(reader.text("package", dependency.package));
        dependency.has_package |= value.find("package") != nullptr;
        TRY_VOID(reader.flag("optional", dependency.optional));
        TRY_VOID(reader.flag("default-features", "default_features", dependency.default_features));
        TRY_VOID(reader.texts("features", dependency.features));
        if (dependency.optional && dependency.kind == DependencyKind::Development)
            return manifest_.fail(*value.find("optional"),
                                  cat("dev-dependency `", dependency.key, "` cannot be optional"));
        return {};
    }

    Status set_source(const Toml& value, const std::string& base, Dependency& dependency, const Toml* version) {
        if (version != nullptr) {
            if (!version->is_string()) return manifest_.wrong("version", *version, "a string");
            std::optional<VersionReq> req = parse_version_req(version->string());
            if (!req) return manifest_.fail(*version, cat("\"", version->string(), "\" is not a version requirement"));
            dependency.requirement = std::move(*req);
            dependency.has_requirement = true;
        }
        const Toml* git = value.find("git");
        const Toml* path = value.find("path");
        if (git != nullptr && path != nullptr)
            return manifest_.fail(value, cat("dependency `", dependency.key, "` has both `git` and `path`"));
        if (git != nullptr) return set_git(value, *git, dependency);
        if (path != nullptr) {
            if (!path->is_string()) return manifest_.wrong("path", *path, "a string");
            dependency.path = join_path(base, path->string());
            dependency.source = context_.source.is_path() ? path_source(dependency.path) : context_.source;
            return {};
        }
        return set_registry(value, dependency);
    }

    Status set_git(const Toml& value, const Toml& git, Dependency& dependency) {
        if (!git.is_string()) return manifest_.wrong("git", git, "a string");
        dependency.source.kind = SourceIdKind::Git;
        dependency.source.url = git.string();
        int references = 0;
        for (const char* key : {"branch", "tag", "rev"})
            if (const Toml* reference = value.find(key)) {
                if (!reference->is_string()) return manifest_.wrong(key, *reference, "a string");
                dependency.source.reference = cat(key, "=", reference->string());
                ++references;
            }
        if (references > 1)
            return manifest_.fail(
                value, cat("dependency `", dependency.key, "` has more than one of `branch`, `tag` and `rev`"));
        return {};
    }

    Status set_registry(const Toml& value, Dependency& dependency) {
        dependency.source = crates_io_source();
        if (const Toml* index = value.find("registry-index")) {
            std::string url = index->string();
            if (!url.starts_with("sparse+") && !url.starts_with("registry+")) url = "registry+" + url;
            TRY(id, parse_source_id(url));
            dependency.source = id;
        } else if (const Toml* name = value.find("registry")) {
            bool predefined = contains(k_crates_io_names, name->string());
            if (predefined) return {};
            const auto* registries = context_.registries;
            auto found = registries != nullptr ? registries->find(name->string())
                                               : std::map<std::string, std::string>::const_iterator();
            if (registries == nullptr || found == registries->end())
                return manifest_.fail(*name, cat("registry `", name->string(), "` is not configured"),
                                      cat("add [registries.", name->string(), "] index = \"…\" to .cargo/config.toml"));
            TRY(id, parse_source_id(found->second));
            dependency.source = id;
        }
        if (!dependency.source.is_crates_io()) dependency.registry = dependency.source.url;
        return {};
    }

    const Reader& manifest_;
    const ManifestContext& context_;
    Package& package_;
};

Error missing_feature(const Reader& manifest, const Toml& place, const std::string& feature, const FeatureValue& value,
                      std::string_view what) {
    return manifest.fail(place, cat("feature `", feature, "` includes `", value.text(), "`, ", what));
}

Status check_feature(const Reader& manifest, const Toml& place, const std::string& feature, const FeatureValue& value,
                     const Package& package, const std::map<std::string, bool>& optional) {
    switch (value.kind) {
        case FeatureValue::Kind::Feature:
            if (package.declared_features.count(value.feature) == 0)
                return missing_feature(manifest, place, feature, value,
                                       optional.count(value.feature) != 0
                                           ? "which is a dependency, but not a feature"
                                           : "which is neither a dependency nor another feature");
            return {};
        case FeatureValue::Kind::Dep: {
            auto found = optional.find(value.dep);
            if (found == optional.end())
                return missing_feature(manifest, place, feature, value, "but there is no such dependency");
            if (!found->second)
                return missing_feature(manifest, place, feature, value, "but that dependency is not optional");
            return {};
        }
        case FeatureValue::Kind::DepFeature: {
            auto found = optional.find(value.dep);
            if (found == optional.end())
                return missing_feature(manifest, place, feature, value, "but there is no such dependency");
            if (value.weak && !found->second)
                return missing_feature(manifest, place, feature, value, "but `?` is only for optional dependencies");
            return {};
        }
    }
    return {};
}

}  // namespace dependencies_detail

Status read_dependencies(const Reader& manifest, const ManifestContext& context, Package& package) {
    dependencies_detail::DependencyReader reader(manifest, context, package);
    TRY_VOID(reader.read_tables(manifest, std::nullopt));
    const Toml* targets = manifest.find("target");
    if (targets == nullptr) return {};
    for (const auto& [key, value] : dependencies_detail::sorted_entries(*targets)) {
        Result<Platform> platform = parse_platform(key);
        if (!platform) return std::move(platform).error().at(manifest.where(*value));
        TRY_VOID(reader.read_tables(Reader(*value, package.manifest_path), *platform));
    }
    return {};
}

std::string FeatureValue::text() const {
    switch (kind) {
        case Kind::Feature: return feature;
        case Kind::Dep: return "dep:" + dep;
        case Kind::DepFeature: return cat(dep, weak ? "?/" : "/", feature);
    }
    return feature;
}

FeatureValue parse_feature_value(std::string_view text) {
    FeatureValue value;
    std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        value.kind = FeatureValue::Kind::DepFeature;
        std::string_view dep = text.substr(0, slash);
        value.weak = dep.ends_with('?');
        if (value.weak) dep.remove_suffix(1);
        value.dep = std::string(dep);
        value.feature = std::string(text.substr(slash + 1));
    } else if (text.starts_with("dep:")) {
        value.kind = FeatureValue::Kind::Dep;
        value.dep = std::string(text.substr(4));
    } else {
        value.feature = std::string(text);
    }
    return value;
}

Status read_features(const Reader& manifest, Package& package) {
    std::map<std::string, bool> optional;  // dependency key -> any of its declarations is optional
    for (const Dependency& dependency : package.dependencies) {
        if (dependency.kind == DependencyKind::Development)
            optional.emplace(dependency.key, false);
        else
            optional[dependency.key] |= dependency.optional;
    }
    std::set<std::string> named;  // as dep:NAME
    const Toml* table = manifest.find("features");
    if (table != nullptr && !table->is_table()) return manifest.wrong("features", *table, "a table");
    if (table != nullptr)
        for (const auto& [name, values] : table->table()) {
            if (!values.is_array()) return manifest.wrong(name, values, "an array of strings");
            std::vector<std::string>& list = package.declared_features[name];
            for (const Toml& value : values.array()) {
                if (!value.is_string()) return manifest.wrong(name, value, "an array of strings");
                list.push_back(value.string());
                FeatureValue parsed = parse_feature_value(value.string());
                if (parsed.kind == FeatureValue::Kind::Dep) named.insert(parsed.dep);
            }
        }
    for (const auto& [key, is_optional] : optional)
        if (is_optional && named.count(key) == 0 && package.declared_features.count(key) == 0)
            package.declared_features[key] = {"dep:" + key};
    for (const auto& [name, values] : package.declared_features) {
        std::vector<FeatureValue>& list = package.features[name];
        for (const std::string& value : values) list.push_back(parse_feature_value(value));
    }
    if (table == nullptr) return {};
    for (const auto& [name, values] : table->table())
        for (const Toml& value : values.array())
            TRY_VOID(dependencies_detail::check_feature(manifest, value, name, parse_feature_value(value.string()),
                                                        package, optional));
    return {};
}

namespace lints_detail {

struct Flag {
    std::int64_t priority;
    std::string name;
    std::string text;
};

Status read_tool(const Reader& manifest, const std::string& tool, const Toml& table, std::vector<Flag>& flags,
                 std::vector<std::string>& check_cfg) {
    for (const auto& [name, value] : table.table()) {
        const Toml* level = value.is_string() ? &value : value.find("level");
        if (level == nullptr || !level->is_string()) return manifest.fail(value, cat("lint `", name, "` has no level"));
        const std::string& text = level->string();
        if (text != "forbid" && text != "deny" && text != "warn" && text != "allow")
            return manifest.fail(*level, cat("\"", text, "\" is not a lint level"),
                                 "levels are forbid, deny, warn and allow");
        const Toml* priority = value.find("priority");
        flags.push_back(Flag{priority != nullptr ? priority->integer() : 0, name,
                             cat("--", text, "=", tool == "rust" ? "" : tool + "::", name)});
        if (tool != "rust" || name != "unexpected_cfgs") continue;
        if (const Toml* list = value.find("check-cfg"))
            for (const std::string& item : list->string_list()) check_cfg.push_back(item);
    }
    return {};
}

}  // namespace lints_detail

Status read_lints(const Reader& manifest, const ManifestContext& context, Package& package) {
    const Toml* table = manifest.find("lints");
    if (table == nullptr) return {};
    const Toml* inherited = table->find("workspace");
    if (inherited != nullptr && inherited->is_bool() && inherited->boolean()) {
        if (context.inheritance == nullptr || !context.inheritance->present)
            return manifest.fail(*table, "`lints` is inherited, but no workspace was found");
        if (table->table().size() > 1)
            return manifest.fail(*table, "[lints] cannot change what it inherits from the workspace",
                                 "keep only `workspace = true`, or write all lints here");
        table = &context.inheritance->lints;
    }
    std::vector<lints_detail::Flag> flags;
    std::vector<std::string> check_cfg;
    for (const auto& [tool, lints] : table->table())
        if (tool != "cargo" && lints.is_table())
            TRY_VOID(lints_detail::read_tool(manifest, tool, lints, flags, check_cfg));
    std::sort(flags.begin(), flags.end(), [](const auto& a, const auto& b) {
        if (a.priority != b.priority) return a.priority < b.priority;
        if (a.name != b.name) return a.name > b.name;
        return a.text < b.text;
    });
    for (lints_detail::Flag& flag : flags) package.lint_flags.push_back(std::move(flag.text));
    for (std::string& item : check_cfg) {
        package.lint_flags.push_back("--check-cfg");
        package.lint_flags.push_back(std::move(item));
    }
    return {};
}

}  // namespace cermet::rust
