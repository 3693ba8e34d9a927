// Finding packages and their files in a source tree.
// SPDX-License-Identifier: MIT
#include "languages/python/discovery.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/requirement.h"
#include "languages/python/tags.h"

namespace cermet::python {

namespace discovery_detail {

constexpr int k_max_depth = 100;

bool skipped_directory(std::string_view name) {
    return name.empty() || name[0] == '.' || name == "__pycache__" || name == "node_modules";
}

bool python_source(std::string_view name) {
    std::string_view suffix = extension(name);
    return suffix == ".py" || suffix == ".pyi";
}

bool module_source(std::string_view name) { return python_source(name) || extension(name) == ".pyx"; }

// A file at the root that is a tool's, never the project's module.
bool tool_file(std::string_view name) {
    static const std::set<std::string, std::less<>> all = {"setup.py", "conftest.py", "noxfile.py", "tasks.py",
                                                           "build.py", "fabfile.py",  "dodo.py",    "manage.py"};
    return all.count(name) != 0;
}

bool tool_directory(std::string_view name) {
    static const std::set<std::string, std::less<>> all = {
        "test",   "tests",     "testing",    "doc",   "docs",    "example", "examples",
        "bench",  "benchmark", "benchmarks", "tools", "scripts", "build",   "dist",
        "target", "ci",        "src",        "venv",  "env",     "rust",    "crates"};
    return all.count(name) != 0;
}

// One package or module: its place in the tree and the import root above it.
struct Unit {
    std::string path;  // relative to the project
    std::string root;  // "" or "src"
    bool module = false;
};

class Finder {
   public:
    Finder(SourceFiles& files, const DiscoveryConfig& config, GitIgnore* ignore)
        : files_(files), config_(config), ignore_(ignore) {}
    Result<Discovery> run();

   private:
    Error fail(std::string message, std::string hint) const {
        return project_error(std::move(message), std::move(hint)).at(config_.shown, config_.packages_line);
    }
    std::string absolute(std::string_view path) const { return join_path(config_.root, path); }
    std::vector<std::string> roots() const;
    std::string rooted(const std::string& entry);
    bool is_package(const std::string& path, int depth = 0);
    void candidates_in(const std::string& root, std::vector<Unit>& out);
    void namespace_candidate(const std::string& root, std::vector<Unit>& out);
    Status find_one();
    Status take_configured();
    Status take_entry(const std::string& written);
    Result<std::vector<std::string>> expand(const std::string& entry);
    std::string import_root(const std::string& path);
    Status collect_package(const Unit& unit, const std::string& directory, int depth);
    Status check_entry(const SourceEntry& entry, const std::string& directory) const;
    void consider(const Unit& unit, const std::string& path);
    bool matches(const std::vector<std::string>& patterns, const std::string& path, const std::string& wheel);
    Status check_includes();
    Status check_conflicts();

    SourceFiles& files_;
    const DiscoveryConfig& config_;
    GitIgnore* ignore_;
    std::vector<Unit> units_;
    std::set<std::string> used_patterns_;
    Discovery out_;
};

// Where packages may lie.
std::vector<std::string> Finder::roots() const {
    if (config_.package_dir.empty()) return {"", "src"};
    std::string normal = normalise(config_.package_dir);
    return {normal == "." ? "" : normal};
}

// An entry of `packages` with its import root told apart, where the configuration tells it.
std::string Finder::rooted(const std::string& entry) {
    if (contains(entry, ":") || is_absolute(entry)) return entry;
    if (!config_.package_dir.empty()) return cat(config_.package_dir, ":", entry);
    std::string in_src = "src/" + entry;
    bool only_there = !has_glob(entry) && files_.kind(absolute(entry)) == SourceKind::Absent &&
                      files_.kind(absolute(in_src)) == SourceKind::Directory;
    return only_there ? "src:" + entry : entry;
}

// A directory with Python sources at its top, or with packages below it (a namespace).
bool Finder::is_package(const std::string& path, int depth) {
    if (depth > 4) return false;
    std::vector<SourceEntry> entries = files_.list(absolute(path));
    for (const SourceEntry& entry : entries) {
        if (entry.kind == SourceKind::File && module_source(entry.name)) return true;
    }
    for (const SourceEntry& entry : entries) {
        if (entry.kind != SourceKind::Directory || skipped_directory(entry.name)) continue;
        if (is_package(join_path(path, entry.name), depth + 1)) return true;
    }
    return false;
}

void Finder::candidates_in(const std::string& root, std::vector<Unit>& out) {
    for (const SourceEntry& entry : files_.list(root.empty() ? config_.root : absolute(root))) {
        Unit unit;
        unit.root = root;
        unit.path = root.empty() ? entry.name : cat(root, "/", entry.name);
        if (entry.kind == SourceKind::Directory) {
            bool named = files_.kind(absolute(unit.path + "/__init__.py")) == SourceKind::File;
            bool identifier = entry.name.find_first_of("-. ") == std::string::npos ||
                              (entry.name.size() > 6 && entry.name.substr(entry.name.size() - 6) == "-stubs");
            bool same = normalise_name(entry.name) == normalise_name(config_.project_name);
            if (skipped_directory(entry.name) || !identifier || (tool_directory(entry.name) && !same)) continue;
            if (named || (same && is_package(unit.path))) out.push_back(unit);
        } else if (extension(entry.name) == ".py" && !tool_file(entry.name)) {
            unit.module = true;
            out.push_back(unit);
        }
    }
}

// google-cloud-storage may be google/cloud/storage, where google and google/cloud are no packages themselves.
void Finder::namespace_candidate(const std::string& root, std::vector<Unit>& out) {
    std::string path = replace_all(normalise_name(config_.project_name), "-", "/");
    if (!contains(path, "/")) return;
    Unit unit;
    unit.root = root;
    unit.path = root.empty() ? path : cat(root, "/", path);
    std::string_view up = parent(path);
    std::string outer = absolute(root.empty() ? std::string(up) : cat(root, "/", up));
    if (files_.kind(join_path(outer, "__init__.py")) == SourceKind::File) return;
    if (files_.kind(absolute(unit.path)) == SourceKind::Directory && is_package(unit.path)) out.push_back(unit);
}

Status Finder::find_one() {
    std::vector<Unit> all, matching;
    for (const std::string& root : roots()) candidates_in(root, all);
    std::string want = normalise_name(config_.project_name);
    for (const Unit& unit : all) {
        std::string_view name = unit.module ? stem(unit.path) : file_name(unit.path);
        if (normalise_name(name) == want || normalise_name(name) == want + "-stubs") matching.push_back(unit);
    }
    if (matching.empty()) {
        for (const std::string& root : roots()) namespace_candidate(root, matching);
    }
    auto names = [](const std::vector<Unit>& units) {
        std::vector<std::string> paths;
        for (const Unit& unit : units) paths.push_back(unit.path);
        return join(paths, ", ");
    };
    if (matching.size() > 1) {
        return fail(cat("several packages match the project's name ", config_.project_name, ": ", names(matching)),
                    cat("say which: packages = [\"", matching[0].path, "\"]"));
    }
    if (matching.size() == 1) {
        units_ = matching;
        return {};
    }
    for (const std::string& produced : config_.produced) {
        std::string top = produced.substr(0, produced.find('/'));
        if (normalise_name(module_stem(top)) == want) return {};  // the built module is the whole package
    }
    if (all.empty() && !config_.produced.empty()) return {};
    if (all.empty()) {
        return fail(cat("no Python package or module was found for the project ", config_.project_name),
                    cat("add the directory ", escape_name(config_.project_name),
                        " with an __init__.py, or say packages = [\"…\"]"));
    }
    return fail(cat("no package matches the project's name ", config_.project_name, "; found: ", names(all)),
                cat("say which to ship: packages = [\"", all[0].path, "\"]"));
}

Result<std::vector<std::string>> Finder::expand(const std::string& entry) {
    if (!has_glob(entry)) return std::vector<std::string>{entry};
    std::string directory(parent(entry));
    std::vector<std::string> out;
    if (has_glob(directory)) return fail(cat("packages: '", entry, "' has a wildcard before its last part"), "");
    for (const SourceEntry& found : files_.list(directory.empty() ? config_.root : absolute(directory))) {
        std::string path = directory.empty() ? found.name : cat(directory, "/", found.name);
        bool fits = found.kind == SourceKind::Directory ? !skipped_directory(found.name) && is_package(path)
                                                        : extension(found.name) == ".py";
        if (fits && glob_match(entry, path)) out.push_back(path);
    }
    if (out.empty()) return fail(cat("packages: '", entry, "' matches no package or module"), "");
    return out;
}

std::string Finder::import_root(const std::string& path) {
    std::string want = normalise_name(config_.project_name);
    std::vector<std::string> segments = split(path, '/');
    for (std::size_t skip = 0; skip < segments.size(); ++skip) {
        std::vector<std::string> rest(segments.begin() + static_cast<std::ptrdiff_t>(skip), segments.end());
        if (normalise_name(join(rest, "-")) != want) continue;
        return join({segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(skip)}, "/");
    }
    if (segments.size() > 1 && segments[0] == "src") return "src";
    std::string at(parent(path));
    while (!at.empty() && files_.kind(absolute(at + "/__init__.py")) == SourceKind::File) at = std::string(parent(at));
    return at;
}

Status Finder::take_entry(const std::string& written) {
    std::string entry = rooted(written), given = entry, root;
    std::size_t colon = entry.find(':');
    bool told = colon != std::string::npos;
    if (told) {
        root = normalise(entry.substr(0, colon));
        if (root == ".") root.clear();
        given = root.empty() ? entry.substr(colon + 1) : cat(root, "/", entry.substr(colon + 1));
    }
    std::string normal = normalise(given);
    bool outside = normal == "." || normal == ".." || normal.compare(0, 3, "../") == 0 || !is_within(normal, root);
    if (given.empty() || is_absolute(given) || outside) {
        return fail(cat("packages: '", written, "' is not a path inside the project"), "");
    }
    TRY(paths, expand(normal));
    for (const std::string& path : paths) {
        Unit unit;
        unit.path = path;
        SourceKind kind = files_.kind(absolute(path));
        unit.module = kind == SourceKind::File && extension(path) == ".py";
        if (kind == SourceKind::Absent || (kind == SourceKind::File && !unit.module)) {
            bool as_module = files_.kind(absolute(path + ".py")) == SourceKind::File;  // the usual slip
            return fail(cat("packages: there is no package or module '", path, "'"),
                        as_module ? cat("did you mean \"", written, ".py\"?") : "");
        }
        if (kind == SourceKind::Directory && !is_package(path) && config_.produced.empty()) {
            return fail(cat("packages: '", path, "' holds no Python file"), "");
        }
        unit.root = told ? root : import_root(path);
        units_.push_back(std::move(unit));
    }
    return {};
}

Status Finder::take_configured() {
    for (const std::string& entry : config_.packages) TRY_VOID(take_entry(entry));
    for (const Unit& a : units_) {
        for (const Unit& b : units_) {
            if (&a != &b && is_within(a.path, b.path)) {
                return fail(cat("packages: '", a.path, "' is listed twice or lies inside '", b.path, "'"),
                            "list only the outer one");
            }
        }
    }
    return {};
}

bool Finder::matches(const std::vector<std::string>& patterns, const std::string& path, const std::string& wheel) {
    bool any = false;
    for (const std::string& pattern : patterns) {
        bool hit = glob_match(pattern, path) || glob_match(pattern, wheel);
        // A directory's name stands for all below it.
        if (!hit && !has_glob(pattern)) {
            std::string plain = normalise(pattern);
            hit = is_within(path, plain) || is_within(wheel, plain);
        }
        if (hit) used_patterns_.insert(pattern);
        any = any || hit;
    }
    return any;
}

void Finder::consider(const Unit& unit, const std::string& path) {
    std::string name(file_name(path));
    std::string wheel = unit.root.empty() ? path : path.substr(unit.root.size() + 1);
    if (is_native_file(name)) {
        out_.stale_native.push_back(path);
        return;
    }
    if (extension(name) == ".pyc") return;
    bool wanted = python_source(name) || name == "py.typed" || matches(config_.include, path, wheel);
    if (!wanted || matches(config_.exclude, path, wheel)) return;
    std::string source = absolute(path);
    if (ignore_ != nullptr && ignore_->ignored(source, false)) out_.ignored_sources.push_back(path);
    out_.files.push_back({wheel, source, false});
}

// What a wheel could not hold, or would silently lack.
Status Finder::check_entry(const SourceEntry& entry, const std::string& directory) const {
    if (!valid_utf8(entry.name)) {
        return project_error(cat("a file name in ", directory, " is not UTF-8 (its bytes are ", hex(entry.name), ")"),
                             "rename the file, or move it out of the package");
    }
    bool hidden = entry.name.empty() || entry.name[0] == '.';  // editors keep locks as such links
    if (entry.kind == SourceKind::Absent && !hidden && module_source(entry.name)) {
        return project_error(cat(directory, "/", entry.name, " is a link that leads nowhere or to itself"),
                             "remove the link, or let it lead to a file");
    }
    return {};
}

Status Finder::collect_package(const Unit& unit, const std::string& directory, int depth) {
    if (depth > k_max_depth) return {};
    for (const SourceEntry& entry : files_.list(absolute(directory))) {
        TRY_VOID(check_entry(entry, directory));
        std::string path = cat(directory, "/", entry.name);
        if (entry.kind == SourceKind::File) consider(unit, path);
        if (entry.kind == SourceKind::Directory && !skipped_directory(entry.name)) {
            TRY_VOID(collect_package(unit, path, depth + 1));
        }
    }
    return {};
}

Status Finder::check_includes() {
    for (const std::string& pattern : config_.include) {
        if (has_glob(pattern) || used_patterns_.count(pattern) != 0) continue;
        return fail(cat("include: '", pattern, "' matches no file of the packages"),
                    "only files inside a package can be included; paths begin at the project's directory");
    }
    return {};
}

Status Finder::check_conflicts() {
    auto& files = out_.files;
    std::sort(files.begin(), files.end(),
              [](const ShippedFile& a, const ShippedFile& b) { return a.wheel_path < b.wheel_path; });
    for (std::size_t i = 1; i < files.size(); ++i) {
        if (files[i].wheel_path != files[i - 1].wheel_path) continue;
        return fail(
            cat("two files go to ", files[i].wheel_path, ": ", relative_to(files[i - 1].source_path, config_.root),
                " and ", relative_to(files[i].source_path, config_.root)),
            "");
    }
    std::set<std::string> produced(config_.produced.begin(), config_.produced.end());
    for (const ShippedFile& file : files) {
        if (produced.count(file.wheel_path) != 0) {
            return fail(cat(file.wheel_path, " is built, but also lies in the tree"), "remove the file, or exclude it");
        }
    }
    // module.py beside the built module.so: Python would import the built one and hide the other.
    std::map<std::string, std::string> modules;
    for (const std::string& path : config_.produced) {
        if (is_native_file(file_name(path))) {
            modules[join_path(parent(path), module_stem(file_name(path)))] = path;
        }
    }
    for (const ShippedFile& file : files) {
        if (extension(file.wheel_path) != ".py") continue;
        auto found = modules.find(file.wheel_path.substr(0, file.wheel_path.size() - 3));
        if (found == modules.end()) continue;
        out_.shadowed.push_back(file.wheel_path);
    }
    return {};
}

Result<Discovery> Finder::run() {
    if (!config_.packages.empty())
        TRY_VOID(take_configured());
    else if (!config_.packages_given)
        TRY_VOID(find_one());
    std::set<std::string> roots;
    for (const Unit& unit : units_) {
        out_.packages.push_back(unit.path);
        roots.insert(unit.root);
        if (unit.module)
            consider(unit, unit.path);
        else
            TRY_VOID(collect_package(unit, unit.path, 0));
    }
    if (!units_.empty()) out_.source_root = units_.front().root;
    out_.source_roots.assign(roots.begin(), roots.end());
    std::sort(out_.stale_native.begin(), out_.stale_native.end());
    std::sort(out_.ignored_sources.begin(), out_.ignored_sources.end());
    if (!units_.empty()) TRY_VOID(check_includes());
    TRY_VOID(check_conflicts());
    return std::move(out_);
}

}  // namespace discovery_detail

Result<Discovery> discover(SourceFiles& files, const DiscoveryConfig& config, GitIgnore* ignore) {
    return discovery_detail::Finder(files, config, ignore).run();
}

std::string wheel_path_of(const Discovery& discovery, std::string_view path) {
    std::string best;
    for (const std::string& root : discovery.source_roots) {
        if (!root.empty() && root.size() > best.size() && is_within(path, root)) best = root;
    }
    return std::string(best.empty() ? path : path.substr(best.size() + 1));
}

std::string module_name_of(const Discovery& discovery, std::string_view path) {
    std::string wheel = wheel_path_of(discovery, path);
    std::string directory(parent(wheel)), name = module_stem(file_name(wheel));
    if (name == "__init__" && !directory.empty()) return replace_all(directory, "/", ".");
    return replace_all(directory.empty() ? name : cat(directory, "/", name), "/", ".");
}

}  // namespace cermet::python
