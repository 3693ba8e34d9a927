// Profiles: merging of tables, cargo's order of precedence, and the resolved settings of one unit.
// SPDX-License-Identifier: MIT
#include "languages/rust/profiles/profiles.h"

#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/text.h"

namespace cermet::rust {

namespace profiles_detail {

constexpr const char* k_keys[] = {"opt-level", "debug", "split-debuginfo", "debug-assertions", "overflow-checks",
                                  "lto",       "panic", "incremental",     "codegen-units",    "rpath",
                                  "strip"};

Toml deep_merge(const Toml& under, const Toml& over) {
    if (!under.is_table() || !over.is_table()) return over;
    Toml out = under;
    for (const auto& [key, value] : over.table()) {
        const Toml* existing = under.find(key);
        out.set(key, existing != nullptr ? deep_merge(*existing, value) : value);
    }
    return out;
}

Toml env_value(const std::string& text) {
    if (text == "true" || text == "false") return Toml::of(text == "true");
    bool digits = !text.empty() && text.size() < 10;
    for (char c : text) digits = digits && c >= '0' && c <= '9';
    if (!digits) return Toml::of(text);
    std::int64_t n = 0;
    for (char c : text) n = n * 10 + (c - '0');
    return Toml::of(n);
}

std::string env_key(std::string_view text) {
    std::string out;
    for (char c : upper(text)) out += c == '-' ? '_' : c;
    return out;
}

// CARGO_PROFILE_<NAME>_<KEY> and CARGO_PROFILE_<NAME>_BUILD_OVERRIDE_<KEY>.
void add_environment(const CargoConfig& config, const std::string& name, Toml& table) {
    std::string prefix = cat("CARGO_PROFILE_", env_key(name), "_");
    Toml build_override;
    if (const Toml* existing = table.find("build-override")) build_override = *existing;
    bool any = false;
    for (const char* key : k_keys) {
        auto found = config.environment.find(prefix + env_key(key));
        if (found != config.environment.end()) table.set(key, env_value(found->second));
        found = config.environment.find(cat(prefix, "BUILD_OVERRIDE_", env_key(key)));
        if (found == config.environment.end()) continue;
        build_override.set(key, env_value(found->second));
        any = true;
    }
    if (any) table.set("build-override", std::move(build_override));
    auto inherits = config.environment.find(prefix + "INHERITS");
    if (inherits != config.environment.end()) table.set("inherits", Toml::of(inherits->second));
}

class Chain {
   public:
    Chain(const Toml& root, const std::string& file, const CargoConfig& config)
        : root_(root), file_(file), config_(config) {}

    // The merged table of one profile, without its parents; absent when nobody defines it.
    std::optional<Toml> table_of(const std::string& name) const {
        Toml out;
        bool defined = false;
        const Toml* written = root_.find("profile");
        if (written != nullptr) written = written->find(name);
        if (written != nullptr) {
            out = *written;
            defined = true;
        }
        const Toml* configured = config_.merged.find("profile");
        if (configured != nullptr) configured = configured->find(name);
        if (configured != nullptr) {
            out = deep_merge(out, *configured);
            defined = true;
        }
        std::size_t before = out.table().size();
        add_environment(config_, name, out);
        const Toml* said = config_.said.find("profile");
        if (said != nullptr) said = said->find(name);
        if (said != nullptr) out = deep_merge(out, *said);
        return defined || out.table().size() > before ? std::optional<Toml>(out) : std::nullopt;
    }

    Result<Toml> merged(const std::string& name, std::string& root_name) {
        if (!seen_.insert(name).second)
            return project_error(cat("profile `", name, "` inherits from itself")).at(file_);
        std::optional<Toml> table = table_of(name);
        if (name == "dev" || name == "release") {
            root_name = name;
            if (table && table->find("inherits") != nullptr)
                return project_error(cat("profile `", name, "` cannot have `inherits`"))
                    .at(file_, table->find("inherits")->line);
            return table.value_or(Toml());
        }
        std::string base = name == "bench" ? "release" : name == "test" || name == "doc" ? "dev" : "";
        if (!table && base.empty()) return undefined(name);
        if (table)
            if (const Toml* inherits = table->find("inherits")) base = inherits->string();
        if (base.empty())
            return project_error(cat("profile `", name, "` does not say what it inherits"),
                                 "add `inherits = \"release\"` or `inherits = \"dev\"`")
                .at(file_, table->line);
        TRY(under, merged(base, root_name));
        return table ? deep_merge(under, *table) : under;
    }

   private:
    Error undefined(const std::string& name) const {
        std::vector<std::string> known = {"dev", "release", "test", "bench"};
        if (const Toml* written = root_.find("profile"))
            for (const auto& [key, value] : written->table()) known.push_back(key);
        std::string near = nearest(name, known);
        return project_error(cat("profile `", name, "` is not defined"),
                             near.empty() ? cat("profiles are ", join(known, ", ")) : cat("did you mean `", near, "`?"))
            .at(file_);
    }

    const Toml& root_;
    const std::string& file_;
    const CargoConfig& config_;
    std::set<std::string> seen_;
};

bool is_off(const std::string& text) { return text == "off" || text == "n" || text == "no" || text == "none"; }

std::string debug_level(const Toml& value) {
    if (value.is_bool()) return value.boolean() ? "2" : "0";
    if (value.is_int()) return to_text(static_cast<long long>(value.integer()));
    const std::string& text = value.string();
    if (text == "none") return "0";
    if (text == "limited") return "1";
    if (text == "full") return "2";
    return text;
}

std::string lto_text(const Toml& value) {
    if (value.is_bool()) return value.boolean() ? "true" : "false";
    return is_off(value.string()) ? "off" : value.string();
}

// One layer over a profile. `strip` is reset by a layer that does not mention it: that is cargo's behaviour.
void apply(Profile& profile, const Toml& layer) {
    if (const Toml* v = layer.find("opt-level"))
        profile.opt_level = v->is_int() ? to_text(static_cast<long long>(v->integer())) : v->string();
    if (const Toml* v = layer.find("lto")) profile.lto = lto_text(*v);
    if (const Toml* v = layer.find("codegen-units")) profile.codegen_units = static_cast<std::uint32_t>(v->integer());
    if (const Toml* v = layer.find("debug")) {
        profile.debuginfo = debug_level(*v);
        profile.debuginfo_deferred = false;
    }
    if (const Toml* v = layer.find("debug-assertions")) profile.debug_assertions = v->boolean();
    if (const Toml* v = layer.find("split-debuginfo")) profile.split_debuginfo = v->string();
    if (const Toml* v = layer.find("rpath")) profile.rpath = v->boolean();
    if (const Toml* v = layer.find("panic")) profile.panic = v->string();
    if (const Toml* v = layer.find("overflow-checks")) profile.overflow_checks = v->boolean();
    if (const Toml* v = layer.find("incremental")) profile.incremental = v->boolean();
    const Toml* strip = layer.find("strip");
    profile.strip_deferred = strip == nullptr;
    profile.strip = "none";
    if (strip != nullptr && strip->is_bool())
        profile.strip = strip->boolean() ? "symbols" : "none";
    else if (strip != nullptr)
        profile.strip = strip->string();
}

Status expect(bool good, const std::string& file, const Toml& value, std::string_view key, std::string_view allowed) {
    if (good) return {};
    std::string given = value.is_string() ? cat(", not \"", value.string(), "\"") : std::string();
    if (value.is_int()) given = cat(", not ", to_text(static_cast<long long>(value.integer())));
    return project_error(cat("`", key, "` of a profile must be ", allowed, given)).at(file, value.line, value.column);
}

bool one_of(const std::string& text, std::initializer_list<const char*> list) { return contains(list, text); }

Status check_value(const std::string& file, const std::string& key, const Toml& value) {
    if (key == "opt-level")
        return expect(one_of(value.is_int() ? to_text(static_cast<long long>(value.integer())) : value.string(),
                             {"0", "1", "2", "3", "s", "z"}),
                      file, value, key, "0, 1, 2, 3, \"s\" or \"z\"");
    if (key == "debug")
        return expect(one_of(debug_level(value), {"0", "1", "2", "line-directives-only", "line-tables-only"}), file,
                      value, key,
                      "a bool, 0 to 2, \"none\", \"limited\", \"full\", \"line-tables-only\" or "
                      "\"line-directives-only\"");
    if (key == "lto")
        return expect(one_of(lto_text(value), {"true", "false", "off", "thin", "fat"}), file, value, key,
                      "a bool, \"thin\", \"fat\" or \"off\"");
    if (key == "panic")
        return expect(one_of(value.string(), {"unwind", "abort"}), file, value, key, "\"unwind\" or \"abort\"");
    if (key == "strip")
        return expect(value.is_bool() || one_of(value.string(), {"none", "debuginfo", "symbols"}), file, value, key,
                      "a bool, \"none\", \"debuginfo\" or \"symbols\"");
    if (key == "codegen-units")
        return expect(value.is_int() && value.integer() > 0, file, value, key, "a number above 0");
    if (one_of(key, {"debug-assertions", "overflow-checks", "incremental", "rpath"}))
        return expect(value.is_bool(), file, value, key, "true or false");
    if (one_of(key, {"rustflags", "codegen-backend", "trim-paths"}))
        return project_error(cat("profile key `", key, "` needs a nightly cargo and is not supported"))
            .at(file, value.line, value.column);
    return {};
}

Status check_table(const std::string& file, const Toml& table, bool is_override) {
    for (const auto& [key, value] : table.table()) {
        if (is_override && one_of(key, {"panic", "lto", "rpath"}))
            return project_error(cat("`", key, "` cannot be set in a profile override")).at(file, value.line);
        if (is_override && one_of(key, {"build-override", "package"}))
            return project_error(cat("`", key, "` cannot be set in a profile override")).at(file, value.line);
        if (key == "build-override") {
            TRY_VOID(check_table(file, value, true));
        } else if (key == "package") {
            for (const auto& [spec, inner] : value.table()) TRY_VOID(check_table(file, inner, true));
        } else {
            TRY_VOID(check_value(file, key, value));
        }
    }
    return {};
}

// Names that cargo keeps for itself, as they are directories or may become commands.
Status check_name(const std::string& file, const std::string& name, const Toml& table) {
    const std::string low = lower(name);
    const bool word = std::all_of(low.begin(), low.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!word)
        return project_error(cat("`", name, "` is no name for a profile"), "use letters, digits, `-` and `_`")
            .at(file, table.line);
    const bool reserved =
        one_of(low, {"build",    "check",   "clean",   "config", "fetch", "fix",       "install",
                     "metadata", "package", "publish", "report", "root",  "run",       "rust",
                     "rustc",    "rustdoc", "target",  "tmp",    "debug", "uninstall", "build-override"}) ||
        low.starts_with("cargo");
    if (!reserved) return {};
    return project_error(cat("profile name `", name, "` is reserved"),
                         low == "debug" ? "the profile of debug builds is [profile.dev]" : "choose another name")
        .at(file, table.line);
}

// A package id specification: name, name@version (also partial), name:version or url#name@version.
bool spec_matches(std::string_view spec, const PackageId& package) {
    std::string url;
    if (contains(spec, "://")) {
        std::size_t hash = spec.find('#');
        url = std::string(spec.substr(0, hash));
        spec = hash == std::string_view::npos ? std::string_view() : spec.substr(hash + 1);
        if (!contains(package.source.text(), url)) return false;
        if (spec.empty()) return true;
    }
    std::size_t at = spec.find_first_of("@:");
    if (spec.substr(0, at) != package.name) return false;
    if (at == std::string_view::npos) return true;
    std::string_view version = spec.substr(at + 1);
    return package.version == version || package.version.starts_with(cat(version, "."));
}

Status check_unique(const Toml& packages, const std::string& profile, const std::string& file, const PackageId& id) {
    const std::string* first = nullptr;
    for (const auto& [spec, table] : packages.table()) {
        if (spec == "*" || !spec_matches(spec, id)) continue;
        if (first != nullptr)
            return project_error(cat("`", *first, "` and `", spec, "` of profile `", profile,
                                     "` both name the package ", id.name, " ", id.version),
                                 "keep one of them")
                .at(file, table.line);
        first = &spec;
    }
    return {};
}

// What is wrong in the configuration is not at a line of the manifest.
Error placed(Error error, const CargoConfig& config, const std::string& profile, const Toml& table) {
    for (const auto& [key, value] : table.table()) {
        const Where where = config.where(cat("profile.", profile, ".", key));
        if (where.file.empty()) continue;
        Toml alone;
        alone.set(key, value);
        if (check_table(where.file, alone, false).ok()) continue;
        error.where = where;
        break;
    }
    return error;
}

}  // namespace profiles_detail

std::string Profile::text() const {
    return cat("opt=", opt_level, " root=", root, " lto=", lto,
               " cgu=", codegen_units ? to_text(*codegen_units) : std::string("-"), " debug=", debuginfo,
               " split=", split_debuginfo, " assert=", debug_assertions ? 1 : 0, " overflow=", overflow_checks ? 1 : 0,
               " rpath=", rpath ? 1 : 0, " inc=", incremental ? 1 : 0, " panic=", panic, " strip=", strip);
}

Status check_profiles(const Toml& root_manifest, const std::string& root_manifest_path) {
    const Toml* profiles = root_manifest.find("profile");
    if (profiles == nullptr) return {};
    for (const auto& [name, table] : profiles->table()) {
        if (!table.is_table())
            return project_error(cat("profile `", name, "` must be a table")).at(root_manifest_path, table.line);
        TRY_VOID(profiles_detail::check_name(root_manifest_path, name, table));
        TRY_VOID(profiles_detail::check_table(root_manifest_path, table, false));
    }
    return {};
}

Status check_package_overrides(const Toml& root_manifest, const std::string& root_manifest_path,
                               const CargoConfig& config, const std::string& selected,
                               const std::vector<PackageId>& packages) {
    std::set<std::string> names = {"dev", "release", "test", "bench", selected};
    const Toml* written = root_manifest.find("profile");
    if (written != nullptr && written->is_table())
        for (const auto& [name, table] : written->table()) names.insert(name);
    for (const std::string& name : names) {
        std::string root_name;
        profiles_detail::Chain chain(root_manifest, root_manifest_path, config);
        Result<Toml> table = chain.merged(name, root_name);  // with what it inherits
        if (!table) continue;                                // told when it is selected
        const Toml* overrides = table->find("package");
        if (overrides == nullptr || overrides->table().size() < 2) continue;
        for (const PackageId& id : packages)
            TRY_VOID(profiles_detail::check_unique(*overrides, name, root_manifest_path, id));
    }
    return {};
}

Result<ProfileSet> select_profile(const Toml& root_manifest, const std::string& root_manifest_path,
                                  const CargoConfig& config, const std::string& name) {
    using namespace profiles_detail;
    Chain chain(root_manifest, root_manifest_path, config);
    std::string root_name;
    TRY(table, chain.merged(name, root_name));
    Status good = check_table(root_manifest_path, table, false);
    if (!good.ok()) return placed(std::move(good).error(), config, name, table);
    ProfileSet set;
    set.name = name;
    set.root = root_name == "release" ? "release" : "debug";
    set.directory = name == "dev" || name == "test" ? "debug" : name == "bench" ? "release" : name;
    set.incremental = config.incremental;
    set.base.name = name;
    set.base.root = set.root;
    if (set.root == "release") {
        set.base.opt_level = "3";
    } else {
        set.base.debuginfo = "2";
        set.base.debug_assertions = set.base.overflow_checks = set.base.incremental = true;
    }
    apply(set.base, table);
    set.chain.push_back(std::move(table));
    return set;
}

Profile ProfileSet::resolve(const Question& question) const {
    using namespace profiles_detail;
    Profile profile = base;
    const Toml& table = chain.front();
    if (question.for_host) {
        profile.opt_level = "0";
        profile.codegen_units.reset();
        profile.debuginfo_deferred = true;
        if (const Toml* over = table.find("build-override")) apply(profile, *over);
    }
    if (const Toml* packages = table.find("package")) {
        if (!question.is_member)
            if (const Toml* all = packages->find("*")) apply(profile, *all);
        for (const auto& [spec, layer] : packages->table())
            if (spec != "*" && question.package != nullptr && spec_matches(spec, question.package->id())) {
                apply(profile, layer);
                break;
            }
    }
    if (question.must_unwind) profile.panic = "unwind";
    if (incremental) profile.incremental = *incremental;
    if (!question.is_local) profile.incremental = false;
    return profile;
}

}  // namespace cermet::rust
