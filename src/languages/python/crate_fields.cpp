// Crate fields: the manifest's words for them, and how they become those of [project].
// SPDX-License-Identifier: MIT
#include "languages/python/crate_fields.h"

#include <utility>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::python {
namespace crate_fields_detail {

struct Said {
    Toml value;
    std::string directory;  // of the manifest that says it: its paths begin there
};

class Manifest {
   public:
    static Result<Manifest> read(SourceFiles& files, const std::string& project, const std::string& crate) {
        Manifest out(files, project, crate.empty() ? project : join_path(project, normalise(crate)));
        std::string path = join_path(out.directory_, "Cargo.toml");
        TRY(text, files.need(path));
        TRY(parsed, parse_toml(text, path));
        out.manifest_ = std::move(parsed);
        return out;
    }
    const std::string& directory() const { return directory_; }
    std::string relative(const Said& said, const std::string& path) const {
        return relative_to(normalise(join_path(said.directory, path)), project_);
    }

    // package.KEY, also where the workspace says it; an empty Said: nobody does.
    Result<std::optional<Said>> find(const std::string& key) const {
        const Toml* own = manifest_.find_path("package." + key);
        if (own == nullptr) return std::optional<Said>();
        const Toml* inherited = own->find("workspace");
        if (inherited == nullptr || !inherited->boolean()) return std::optional<Said>(Said{*own, directory_});
        for (std::string at = directory_;; at = std::string(parent(at))) {
            std::string path = join_path(at, "Cargo.toml");
            if (std::optional<std::string> text = files_->read(path)) {
                TRY(outer, parse_toml(*text, path));
                const Toml* value = outer.find_path("workspace.package." + key);
                if (value != nullptr) return std::optional<Said>(Said{*value, at});
            }
            if (at == project_ || !is_within(at, project_)) return std::optional<Said>();
        }
    }

   private:
    Manifest(SourceFiles& files, std::string project, std::string directory)
        : files_(&files), project_(std::move(project)), directory_(std::move(directory)) {}

    SourceFiles* files_;
    std::string project_, directory_;
    Toml manifest_;
};

// A value that claims to stand where `at` does.
Toml placed(Toml value, const Toml& at) {
    value.line = at.line;
    value.column = at.column;
    return value;
}

Toml texts(const std::vector<std::string>& values, const Toml& at) {
    Toml::Array list;
    for (const std::string& value : values) list.push_back(placed(Toml::of(value), at));
    return placed(Toml::of(std::move(list)), at);
}

// "Name <address>": the name may stand alone.
Toml people(const Toml& value, const Toml& at) {
    Toml::Array list;
    for (const std::string& text : value.string_list()) {
        std::size_t open = text.find('<');
        std::size_t close = open == std::string::npos ? open : text.find('>', open);
        Toml::Table person;
        std::string name(trim(std::string_view(text).substr(0, open)));
        if (!name.empty()) person.emplace_back("name", placed(Toml::of(name), at));
        if (close != std::string::npos) {
            std::string address(trim(std::string_view(text).substr(open + 1, close - open - 1)));
            if (!address.empty()) person.emplace_back("email", placed(Toml::of(address), at));
        }
        if (!person.empty()) list.push_back(placed(Toml::of(std::move(person)), at));
    }
    return placed(Toml::of(std::move(list)), at);
}

// Cargo takes one of these where the manifest says nothing, and README.md where it says `true`.
Result<std::string> readme_path(SourceFiles& files, const Manifest& manifest) {
    TRY(said, manifest.find("readme"));
    if (said && said->value.is_string()) return manifest.relative(*said, said->value.string());
    if (said && said->value.is_bool() && !said->value.boolean()) return std::string();
    Said own{Toml(), manifest.directory()};
    for (const char* name : {"README.md", "README.txt", "README"}) {
        if (files.kind(join_path(manifest.directory(), name)) == SourceKind::File) return manifest.relative(own, name);
    }
    return std::string();
}

Toml readme(const std::string& path, const Toml& at) {
    if (!extension(path).empty()) return placed(Toml::of(path), at);
    Toml::Table table;
    table.emplace_back("file", placed(Toml::of(path), at));
    table.emplace_back("content-type", placed(Toml::of("text/plain"), at));
    return placed(Toml::of(std::move(table)), at);
}

Result<Toml> urls(const Manifest& manifest, const Toml& at) {
    const std::pair<const char*, const char*> labels[] = {
        {"homepage", "Homepage"}, {"repository", "Repository"}, {"documentation", "Documentation"}};
    Toml::Table found;
    for (const auto& [key, label] : labels) {
        TRY(said, manifest.find(key));
        if (said && said->value.is_string()) found.emplace_back(label, placed(Toml::of(said->value.string()), at));
    }
    return placed(Toml::of(std::move(found)), at);
}

// One field; an empty table at line 0: the manifest does not say it.
Result<Toml> field(SourceFiles& files, const Manifest& manifest, const std::string& key, const Toml& at) {
    if (key == "readme") {
        TRY(path, readme_path(files, manifest));
        return path.empty() ? Toml() : readme(path, at);
    }
    if (key == "urls") {
        TRY(found, urls(manifest, at));
        return found.table().empty() ? Toml() : found;
    }
    TRY(said, manifest.find(key == "license-files" ? "license-file" : key));
    if (!said) return Toml();
    if (key == "authors") return people(said->value, at);
    if (key == "keywords") return texts(said->value.string_list(), at);
    if (!said->value.is_string()) return Toml();
    const std::string& text = said->value.string();
    if (key == "license-files") return texts({manifest.relative(*said, text)}, at);
    // Cargo's old way to write a choice; SPDX has none but OR.
    if (key == "license") return placed(Toml::of(replace_all(text, "/", " OR ")), at);
    return placed(Toml::of(std::string(trim(text))), at);
}

}  // namespace crate_fields_detail

Result<std::string> version_of_crate(SourceFiles& files, const std::string& project, const std::string& crate) {
    using namespace crate_fields_detail;
    TRY(manifest, Manifest::read(files, project, crate));
    TRY(said, manifest.find("version"));
    if (said && said->value.is_string()) return said->value.string();
    return project_error(cat("no version in ", join_path(manifest.directory(), "Cargo.toml")));
}

const std::vector<std::string>& fields_of_crates() {
    static const std::vector<std::string> fields = {"description", "readme",   "license", "license-files",
                                                    "authors",     "keywords", "urls"};
    return fields;
}

Result<Toml> crate_fields(SourceFiles& files, const std::string& project, const std::string& crate,
                          const std::vector<std::string>& wanted, const Toml& at) {
    using namespace crate_fields_detail;
    TRY(manifest, Manifest::read(files, project, crate));
    Toml out;
    for (const std::string& key : wanted) {
        const std::vector<std::string>& known = fields_of_crates();
        if (!contains(known, key)) continue;
        TRY(value, field(files, manifest, key, at));
        if (!value.is_table() || !value.table().empty()) out.set(key, value);
    }
    return out;
}

}  // namespace cermet::python
