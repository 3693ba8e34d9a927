// Cargo.lock: reading versions 1 to 4 and turning shortened dependency names into indices.
// SPDX-License-Identifier: MIT
#include "languages/rust/lockfile/lockfile.h"

#include <map>

#include "base/text.h"
#include "base/toml.h"

namespace cermet::rust {

namespace lockfile_detail {

constexpr const char* k_hint = "run `cargo generate-lockfile` to write it anew";

struct Wanted {
    std::string name, version, source;
};

// "name", "name version" or "name version (source)".
Wanted split_id(std::string_view text) {
    Wanted wanted;
    std::size_t space = text.find(' ');
    wanted.name = std::string(text.substr(0, space));
    if (space == std::string_view::npos) return wanted;
    text.remove_prefix(space + 1);
    space = text.find(' ');
    wanted.version = std::string(text.substr(0, space));
    if (space == std::string_view::npos) return wanted;
    text.remove_prefix(space + 1);
    if (text.size() >= 2 && text.front() == '(' && text.back() == ')') text = text.substr(1, text.size() - 2);
    wanted.source = std::string(text);
    return wanted;
}

Result<LockedPackage> read_package(const Toml& table, std::string_view path) {
    LockedPackage package;
    package.line = table.line;
    const Toml* name = table.find("name");
    const Toml* version = table.find("version");
    if (name == nullptr || version == nullptr || !name->is_string() || !version->is_string())
        return project_error("a package in the lock file has no name or no version", k_hint)
            .at(std::string(path), table.line);
    package.name = name->string();
    package.version = version->string();
    if (const Toml* source = table.find("source")) {
        Result<SourceId> id = parse_source_id(source->string());
        if (!id) return std::move(id).error().at(std::string(path), source->line);
        package.source = *id;
    }
    if (const Toml* checksum = table.find("checksum")) package.checksum = checksum->string();
    return package;
}

class Resolver {
   public:
    Resolver(Lockfile& lock, std::string_view path) : lock_(lock), path_(path) {
        for (std::size_t i = 0; i < lock.packages.size(); ++i) by_name_[lock.packages[i].name].push_back(i);
    }

    Result<std::size_t> find(std::string_view text, int line) const {
        Wanted wanted = split_id(text);
        std::vector<std::size_t> found;
        auto named = by_name_.find(wanted.name);
        if (named != by_name_.end())
            for (std::size_t i : named->second)
                if (fits(lock_.packages[i], wanted)) found.push_back(i);
        if (found.size() > 1) {  // a path package is written without its (absent) source
            std::vector<std::size_t> local;
            for (std::size_t i : found)
                if (!lock_.packages[i].source) local.push_back(i);
            if (local.size() == 1) found = local;
        }
        if (found.size() == 1) return found[0];
        return project_error(cat("dependency \"", text, "\" in the lock file names ",
                                 found.empty() ? "no package" : "several packages"),
                             k_hint)
            .at(std::string(path_), line);
    }

   private:
    static bool fits(const LockedPackage& package, const Wanted& wanted) {
        if (!wanted.version.empty() && package.version != wanted.version) return false;
        if (wanted.source.empty()) return true;
        Result<SourceId> source = parse_source_id(wanted.source);
        if (!source) return false;
        if (!package.source) return source->is_path();
        return package.source->same_origin(*source) &&
               (source->revision.empty() || source->revision == package.source->revision);
    }

    Lockfile& lock_;
    std::string_view path_;
    std::map<std::string, std::vector<std::size_t>> by_name_;
};

// Version 1 keeps checksums apart: [metadata] "checksum NAME VERSION (SOURCE)" = "…".
void apply_old_checksums(const Toml& document, Lockfile& lock) {
    const Toml* metadata = document.find("metadata");
    if (metadata == nullptr) return;
    for (const auto& [key, value] : metadata->table()) {
        if (!key.starts_with("checksum ") || value.string() == "<none>") continue;
        Wanted wanted = split_id(std::string_view(key).substr(9));
        for (LockedPackage& package : lock.packages)
            if (package.name == wanted.name && package.version == wanted.version && package.source &&
                package.source->text() == wanted.source)
                package.checksum = value.string();
    }
}

Status link_dependencies(const Toml& table, LockedPackage& package, const Resolver& resolver) {
    if (const Toml* dependencies = table.find("dependencies"))
        for (const Toml& dependency : dependencies->array()) {
            TRY(index, resolver.find(dependency.string(), dependency.line));
            package.dependencies.push_back(index);
        }
    if (const Toml* replace = table.find("replace")) {
        TRY(index, resolver.find(replace->string(), replace->line));
        package.replace = index;
    }
    return {};
}

}  // namespace lockfile_detail

Result<Lockfile> parse_lockfile(std::string_view bytes, std::string_view path) {
    using namespace lockfile_detail;
    TRY(document, parse_toml(bytes, path));
    Lockfile lock;
    lock.path = std::string(path);
    lock.version = 2;
    if (const Toml* version = document.find("version")) {
        if (!version->is_int() || version->integer() < 1 || version->integer() > 4)
            return project_error(
                       cat("the lock file's version is not one of 1, 2, 3 and 4, but ",
                           version->is_int() ? to_text(static_cast<long long>(version->integer())) : "no number"),
                       "it was written by a newer cargo; `cargo update` of that version "
                       "with an older format is needed")
                .at(std::string(path), version->line);
        lock.version = static_cast<int>(version->integer());
    } else if (const Toml* metadata = document.find("metadata"); metadata != nullptr) {
        lock.version = 1;
    }
    std::vector<const Toml*> tables;
    if (const Toml* root = document.find("root")) tables.push_back(root);
    if (const Toml* packages = document.find("package"))
        for (const Toml& table : packages->array()) tables.push_back(&table);
    for (const Toml* table : tables) {
        TRY(package, read_package(*table, path));
        lock.packages.push_back(std::move(package));
    }
    Resolver resolver(lock, path);
    for (std::size_t i = 0; i < tables.size(); ++i) TRY_VOID(link_dependencies(*tables[i], lock.packages[i], resolver));
    apply_old_checksums(document, lock);
    if (const Toml* patch = document.find("patch"))
        if (const Toml* unused = patch->find("unused"))
            for (const Toml& table : unused->array()) {
                TRY(package, read_package(table, path));
                lock.unused_patches.push_back(std::move(package));
            }
    return lock;
}

}  // namespace cermet::rust
