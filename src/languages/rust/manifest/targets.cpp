// Targets of a package: those written in the manifest and those cargo finds on disk (cargo.md M5-M10).
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/manifest/read.h"

namespace cermet::rust {

namespace targets_detail {

struct Found {
    std::string name;
    std::string path;  // canonical
};

struct KindRules {
    TargetKind kind;
    const char* key;        // "bin"
    const char* automatic;  // "autobins"
    const char* directory;  // "src/bin"
};
constexpr KindRules k_rules[] = {
    {TargetKind::Bin, "bin", "autobins", "src/bin"},
    {TargetKind::Example, "example", "autoexamples", "examples"},
    {TargetKind::Test, "test", "autotests", "tests"},
    {TargetKind::Bench, "bench", "autobenches", "benches"},
};

std::string crate_name_of(std::string_view name) { return replace_all(name, "-", "_"); }

std::vector<Found> infer_directory(SourceFiles& files, const std::string& directory) {
    std::vector<Found> out;
    for (const SourceEntry& entry : files.list(directory)) {
        if (entry.name.empty() || entry.name[0] == '.') continue;
        std::string path = join_path(directory, entry.name);
        if (entry.kind == SourceKind::File && extension(entry.name) == ".rs") {
            out.push_back(Found{std::string(stem(entry.name)), path});
        } else if (entry.kind == SourceKind::Directory) {
            std::string main = join_path(path, "main.rs");
            if (files.kind(main) == SourceKind::File) out.push_back(Found{entry.name, main});
        }
    }
    return out;
}

class TargetReader {
   public:
    TargetReader(SourceFiles& files, const Reader& manifest, const Reader& fields, Package& package)
        : files_(files), manifest_(manifest), fields_(fields), package_(package) {}

    Status read() {
        TRY_VOID(read_lib());
        for (const KindRules& rules : k_rules) TRY_VOID(read_kind(rules));
        TRY_VOID(read_build_script());
        if (package_.targets.empty() || (package_.targets.size() == 1 && package_.targets[0].is_custom_build()))
            return manifest_.fail(manifest_.table(), cat("package `", package_.name, "` has no targets"),
                                  "add src/lib.rs or src/main.rs, or a [lib] or [[bin]] section");
        return {};
    }

   private:
    std::string at(std::string_view relative) const { return join_path(package_.directory, relative); }
    bool exists(const std::string& path) const { return files_.kind(path) == SourceKind::File; }

    Status read_common(const Toml& table, Target& target) {
        Reader reader(table, package_.manifest_path);
        target.where = manifest_.where(table);
        target.edition = package_.edition;
        TRY_VOID(reader.text("edition", target.edition));
        TRY_VOID(reader.flag("test", target.test));
        TRY_VOID(reader.flag("doc", target.doc));
        TRY_VOID(reader.flag("doctest", target.doctest));
        TRY_VOID(reader.flag("bench", target.bench));
        TRY_VOID(reader.flag("harness", target.harness));
        TRY_VOID(reader.texts("required-features", target.required_features));
        target.lists_required_features = table.find("required-features") != nullptr;
        if (const Toml* filename = table.find("filename"))
            return manifest_.fail(*filename, "`filename` needs a nightly cargo and is not supported");
        return {};
    }

    Status read_lib() {
        const Toml* table = manifest_.find("lib");
        bool automatic = true;
        TRY_VOID(fields_.flag("autolib", automatic));
        std::string inferred = at("src/lib.rs");
        if (table == nullptr && (!automatic || !exists(inferred))) return {};
        static const Toml k_empty;
        if (table == nullptr) table = &k_empty;
        if (!table->is_table()) return manifest_.wrong("lib", *table, "a table");
        Reader reader(*table, package_.manifest_path);
        Target target;
        target.kind = TargetKind::Lib;
        target.name = crate_name_of(package_.name);
        TRY_VOID(reader.text("name", target.name));
        if (table->find("name") != nullptr && contains(target.name, "-"))
            return manifest_.fail(*table, cat("library name `", target.name, "` contains a hyphen"),
                                  "crate names use underscores");
        target.crate_name = crate_name_of(target.name);
        TRY_VOID(read_common(*table, target));
        std::string path;
        TRY_VOID(reader.text("path", path));
        if (!path.empty()) {
            target.src_path = at(path);
        } else if (exists(inferred)) {
            target.src_path = inferred;
        } else {
            std::string legacy = at(cat("src/", target.name, ".rs"));
            if (package_.edition != "2015" || !exists(legacy))
                return manifest_.fail(*table, cat("library `", target.name, "` has no file src/lib.rs"),
                                      "create it or set lib.path");
            target.src_path = legacy;
        }
        TRY_VOID(read_crate_types(*table, reader, target));
        target.required_features.clear();
        target.lists_required_features = false;
        package_.targets.push_back(std::move(target));
        return {};
    }

    Status read_crate_types(const Toml& table, const Reader& reader, Target& target) {
        std::vector<std::string> types;
        TRY_VOID(reader.texts("crate-type", "crate_type", types));
        bool proc_macro = false;
        TRY_VOID(reader.flag("proc-macro", "proc_macro", proc_macro));
        TRY_VOID(refuse_old_spelling(reader, "crate-type", "crate_type", package_.edition));
        TRY_VOID(refuse_old_spelling(reader, "proc-macro", "proc_macro", package_.edition));
        auto has = [&](std::string_view type) { return contains(types, type); };
        if (has("proc-macro") && types.size() > 1)
            return manifest_.fail(table, "crate-type `proc-macro` cannot be combined with others");
        if (has("dylib") && has("cdylib"))
            return manifest_.fail(table, "crate-types `dylib` and `cdylib` cannot be combined");
        // A list that is written is what it says, as in cargo, also an empty one; rustc then has its own opinion.
        bool written = table.find("crate-type") != nullptr || table.find("crate_type") != nullptr;
        if (!written) types = {proc_macro ? "proc-macro" : "lib"};
        target.crate_types = std::move(types);
        return {};
    }

    std::vector<Found> inferred(const KindRules& rules) const {
        std::vector<Found> out;
        if (rules.kind == TargetKind::Bin && exists(at("src/main.rs")))
            out.push_back(Found{package_.name, at("src/main.rs")});
        for (Found& found : infer_directory(files_, at(rules.directory))) out.push_back(std::move(found));
        return out;
    }

    Status read_kind(const KindRules& rules) {
        const Toml* written = manifest_.find(rules.key);
        if (written != nullptr && !written->is_array())
            return manifest_.wrong(rules.key, *written, cat("an array of tables [[", rules.key, "]]"));
        std::vector<Found> found = inferred(rules);
        bool any_written = written != nullptr && !written->array().empty();
        bool automatic = !(package_.edition == "2015" && any_written);
        TRY_VOID(fields_.flag(rules.automatic, automatic));
        std::set<std::string> names;
        std::set<std::string> paths;
        std::vector<Target> targets;
        if (written != nullptr)
            for (const Toml& table : written->array()) {
                TRY(target, read_written(rules, table, found));
                if (!names.insert(target.name).second)
                    return manifest_.fail(table, cat("two ", rules.key, " targets are named `", target.name, "`"));
                paths.insert(target.src_path);
                targets.push_back(std::move(target));
            }
        for (const Found& one : found) {
            if (!automatic || names.count(one.name) != 0 || paths.count(one.path) != 0) continue;
            targets.push_back(make(rules, one));
        }
        if (!is_normalised(rules, written)) TRY_VOID(sort_by_name(rules, targets));
        for (Target& target : targets) package_.targets.push_back(std::move(target));
        return {};
    }

    // Cargo writes published manifests with every target named and placed; those keep their order.
    bool is_normalised(const KindRules& rules, const Toml* written) const {
        const Toml* automatic = fields_.find(rules.automatic);
        if (automatic == nullptr || !automatic->is_bool() || automatic->boolean()) return false;
        if (written == nullptr) return true;
        const std::vector<Toml>& all = written->array();
        return std::all_of(all.begin(), all.end(), [](const Toml& table) { return table.find("path") != nullptr; });
    }

    Status sort_by_name(const KindRules& rules, std::vector<Target>& targets) const {
        std::sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) { return a.name < b.name; });
        for (std::size_t i = 1; i < targets.size(); ++i)
            if (targets[i].name == targets[i - 1].name)
                return project_error(cat("two ", rules.key, " targets are named `", targets[i].name, "`"),
                                     cat("they are ", targets[i - 1].src_path, " and ", targets[i].src_path))
                    .at(targets[i].where);
        return {};
    }

    Target make(const KindRules& rules, const Found& found) const {
        Target target;
        target.kind = rules.kind;
        target.name = found.name;
        target.crate_name = crate_name_of(found.name);
        target.src_path = found.path;
        target.edition = package_.edition;
        target.crate_types = {"bin"};
        target.doctest = false;
        target.doc = rules.kind == TargetKind::Bin;
        target.test = rules.kind != TargetKind::Example && rules.kind != TargetKind::Bench;
        target.where = package_.where;
        return target;
    }

    Result<Target> read_written(const KindRules& rules, const Toml& table, const std::vector<Found>& found) {
        Reader reader(table, package_.manifest_path);
        std::string name;
        TRY_VOID(reader.text("name", name));
        if (name.empty()) return manifest_.fail(table, cat("a [[", rules.key, "]] section has no name"));
        if (rules.kind == TargetKind::Bin) TRY_VOID(refuse_program_fields(reader, name));
        Target target = make(rules, Found{name, ""});
        TRY_VOID(read_common(table, target));
        std::string path;
        TRY_VOID(reader.text("path", path));
        if (!path.empty()) {
            target.src_path = at(path);
        } else {
            TRY(located, locate(rules, table, name, found));
            target.src_path = located;
        }
        if (rules.kind == TargetKind::Example && table.find("crate-type") != nullptr)
            TRY_VOID(read_crate_types(table, reader, target));
        return target;
    }

    Result<std::string> locate(const KindRules& rules, const Toml& table, const std::string& name,
                               const std::vector<Found>& found) const {
        for (const Found& one : found)
            if (one.name == name) return one.path;
        if (rules.kind == TargetKind::Bin && package_.edition == "2015") {
            std::vector<std::string> legacy = {at("src/main.rs"), at("src/bin/main.rs")};
            if (package_.library() == nullptr) legacy.insert(legacy.begin(), at(cat("src/", name, ".rs")));
            for (const std::string& path : legacy)
                if (exists(path)) return path;
        }
        std::string expected = cat(rules.directory, "/", name, ".rs");
        return manifest_.fail(table, cat("there is no file for ", rules.key, " `", name, "`"),
                              cat("create ", expected, " or ", rules.directory, "/", name, "/main.rs, or set `path`"));
    }

    Status read_build_script() {
        const Toml* value = fields_.find("build");
        std::string path;
        if (value == nullptr) {
            if (exists(at("build.rs"))) path = "build.rs";
        } else if (value->is_string()) {
            path = value->string();
        } else if (value->is_bool()) {
            if (value->boolean()) path = "build.rs";
        } else if (value->is_array()) {
            return manifest_.fail(*value, "several build scripts need a nightly cargo and are not supported");
        } else {
            return manifest_.wrong("build", *value, "a path or a bool");
        }
        if (path.empty()) {
            if (!package_.links.empty())
                return manifest_.fail(*fields_.find("links"),
                                      cat("package `", package_.name, "` has `links` but no build script"));
            return {};
        }
        Target target;
        target.kind = TargetKind::CustomBuild;
        target.name = cat("build-script-", stem(file_name(path)));
        target.crate_name = crate_name_of(target.name);
        target.src_path = at(path);
        target.edition = package_.edition;
        target.crate_types = {"bin"};
        target.doc = target.doctest = target.test = target.bench = false;
        target.where = package_.where;
        package_.targets.push_back(std::move(target));
        return {};
    }

    SourceFiles& files_;
    const Reader& manifest_;
    const Reader& fields_;
    Package& package_;
};

}  // namespace targets_detail

Status read_targets(SourceFiles& files, const Reader& manifest, const Reader& package_table, Package& package) {
    return targets_detail::TargetReader(files, manifest, package_table, package).read();
}

}  // namespace cermet::rust
