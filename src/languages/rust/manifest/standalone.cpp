// Manifests without their workspace: see standalone.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/manifest/standalone.h"

#include "base/path.h"
#include "base/text.h"

namespace cermet::rust {
namespace standalone_detail {

constexpr const char* k_notice =
    "# Made by `cermet vendor`: what this package inherits from its workspace is written out here.\n\n";

bool inherits(const Toml& value) {
    const Toml* workspace = value.is_table() ? value.find("workspace") : nullptr;
    return workspace != nullptr && workspace->is_bool() && workspace->boolean();
}

bool is_dependency_table(std::string_view key) {
    return key == "dependencies" || key == "dev-dependencies" || key == "build-dependencies" ||
           key == "dev_dependencies" || key == "build_dependencies";
}

// Does anything of this manifest come from a workspace?
bool inherits_anything(const Toml& table, int depth = 0) {
    constexpr int k_deepest = 6;  // target.'cfg(…)'.dependencies.NAME.workspace
    if (inherits(table)) return true;
    if (depth == k_deepest) return false;
    for (const auto& [key, value] : table.table()) {
        if (depth == 0 && (key == "workspace" || key == "features" || key == "profile")) continue;
        if (value.is_table() && inherits_anything(value, depth + 1)) return true;
    }
    return false;
}

struct Root {
    std::string directory;
    Toml workspace;
};

Result<Root> root_above(SourceFiles& files, std::string directory, const std::string& top) {
    while (is_within(directory, top)) {
        const std::string manifest = join_path(directory, "Cargo.toml");
        if (const std::optional<std::string> text = files.read(manifest)) {
            TRY(document, parse_toml(*text, manifest));
            if (const Toml* workspace = document.find("workspace")) return Root{directory, *workspace};
        }
        if (directory == top) break;
        directory = std::string(parent(directory));
    }
    return project_error(cat("a package inherits from a workspace, and there is none around it: ", directory));
}

class Flatten {
   public:
    Flatten(Root root, std::string directory) : root_(std::move(root)), directory_(std::move(directory)) {}

    Result<Toml> document(const Toml& manifest) const {
        Toml out;
        for (const auto& [key, value] : manifest.table()) {
            if (key == "workspace") continue;
            TRY(made, section(key, value));
            out.set(key, made);
        }
        return out;
    }

   private:
    Result<Toml> section(const std::string& key, const Toml& value) const {
        if (key == "package" || key == "project") return package(value);
        if (is_dependency_table(key)) return dependencies(value);
        if (key == "target") return targets(value);
        if (key == "lints" && inherits(value)) return of_workspace("lints");
        return value;
    }

    Result<Toml> of_workspace(std::string_view path) const {
        const Toml* found = root_.workspace.find_path(path);
        if (found != nullptr) return *found;
        return project_error(cat("a package inherits workspace.", path, ", which its workspace does not define"))
            .at(join_path(directory_, "Cargo.toml"));
    }

    // Paths count from the workspace's directory.
    Toml moved(const Toml& path) const {
        return Toml::of(relative_to(join_path(root_.directory, path.string()), directory_));
    }

    Result<Toml> package(const Toml& table) const {
        Toml out;
        for (const auto& [key, value] : table.table()) {
            if (key == "workspace") continue;
            if (!inherits(value)) {
                out.set(key, value);
                continue;
            }
            TRY(found, of_workspace("package." + key));
            const bool path = (key == "readme" || key == "license-file") && found.is_string();
            out.set(key, path ? moved(found) : found);
        }
        return out;
    }

    Result<Toml> dependencies(const Toml& table) const {
        Toml out;
        for (const auto& [key, value] : table.table()) {
            if (!inherits(value)) {
                out.set(key, value);
                continue;
            }
            TRY(made, dependency(key, value));
            out.set(key, made);
        }
        return out;
    }

    // Features are added; optional is the member's; default-features = false of the member counts where the root agrees.
    Result<Toml> dependency(const std::string& key, const Toml& own) const {
        TRY(shared, of_workspace("dependencies." + key));
        Toml out;
        if (shared.is_string()) out.set("version", shared);
        for (const auto& [name, value] : shared.table()) out.set(name, name == "path" ? moved(value) : value);
        Toml::Array features;
        if (const Toml* list = shared.find("features")) features = list->array();
        for (const auto& [name, value] : own.table()) {
            if (name == "workspace") continue;
            if (name == "features") {
                features.insert(features.end(), value.array().begin(), value.array().end());
            } else if (name == "default-features" || name == "default_features") {
                const bool off =
                    shared.find("default-features") != nullptr || shared.find("default_features") != nullptr;
                if (off && value.boolean()) out.set("default-features", value);
            } else {
                out.set(name, value);
            }
        }
        if (!features.empty()) out.set("features", Toml::of(std::move(features)));
        return out;
    }

    Result<Toml> targets(const Toml& table) const {
        Toml out;
        for (const auto& [platform, value] : table.table()) {
            Toml made;
            for (const auto& [key, inner] : value.table()) {
                TRY(one, section(key, inner));
                made.set(key, one);
            }
            out.set(platform, std::move(made));
        }
        return out;
    }

    Root root_;
    std::string directory_;
};

std::string key_text(const std::string& key) {
    bool bare = !key.empty();
    for (const char c : key) {
        bare = bare &&
               ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
    }
    return bare ? key : Json(key).dump();
}

std::string value_text(const Toml& value) {
    if (value.is_string()) return replace_all(Json(value.string()).dump(), "\x7f", "\\u007f");
    if (value.is_bool()) return value.boolean() ? "true" : "false";
    if (value.is_int()) return to_text(static_cast<long long>(value.integer()));
    if (value.is_float()) {
        const std::string text = value.to_json().dump();
        return contains(text, ".") || contains(text, "e") ? text : text + ".0";
    }
    std::vector<std::string> parts;
    if (value.is_array()) {
        for (const Toml& item : value.array()) parts.push_back(value_text(item));
        return cat("[", join(parts, ", "), "]");
    }
    for (const auto& [key, inner] : value.table()) parts.push_back(cat(key_text(key), " = ", value_text(inner)));
    return parts.empty() ? "{}" : cat("{ ", join(parts, ", "), " }");
}

bool is_section_list(const Toml& value) {
    if (!value.is_array() || value.array().empty()) return false;
    for (const Toml& item : value.array()) {
        if (!item.is_table()) return false;
    }
    return true;
}

// First what is said in one line, then the sections below.
void write_table(const Toml& table, const std::string& path, std::string& out) {
    for (const auto& [key, value] : table.table()) {
        if (!value.is_table() && !is_section_list(value)) out += cat(key_text(key), " = ", value_text(value), "\n");
    }
    for (const auto& [key, value] : table.table()) {
        const std::string inner = path.empty() ? key_text(key) : cat(path, ".", key_text(key));
        if (value.is_table()) {
            out += cat(out.empty() ? "" : "\n", "[", inner, "]\n");
            write_table(value, inner, out);
        } else if (is_section_list(value)) {
            for (const Toml& item : value.array()) {
                out += cat(out.empty() ? "" : "\n", "[[", inner, "]]\n");
                write_table(item, inner, out);
            }
        }
    }
}

}  // namespace standalone_detail

std::string toml_text(const Toml& document) {
    std::string out;
    standalone_detail::write_table(document, "", out);
    return out;
}

Result<std::string> standalone_manifest(SourceFiles& files, const std::string& directory, const std::string& top) {
    using namespace standalone_detail;
    const std::string path = join_path(directory, "Cargo.toml");
    TRY(text, files.need(path));
    TRY(manifest, parse_toml(text, path));
    if (!inherits_anything(manifest)) return text;
    TRY(root, root_above(files, directory, top));
    TRY(flat, Flatten(std::move(root), directory).document(manifest));
    return k_notice + toml_text(flat);
}

}  // namespace cermet::rust
