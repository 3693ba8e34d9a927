// Reading the project: configuration, version, metadata, layout, module targets.
// SPDX-License-Identifier: MIT
#include "languages/python/package.h"

#include <algorithm>
#include <set>

#include "base/gitignore.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/c/c.h"
#include "languages/python/crate_fields.h"
#include "languages/python/environment.h"
#include "languages/python/request.h"
#include "languages/python/requirement.h"
#include "languages/python/scm_version.h"
#include "languages/python/target.h"
#include "platform/os.h"
#include "platform/triple.h"

namespace cermet::python {
namespace package_detail {

bool any_matches(const std::vector<std::string>& globs, const std::string& path) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_match(glob, path); });
}

Result<std::string> version_from_file(SourceFiles& files, const options::Config& config) {
    const options::Version& version = config.version;
    std::string path = join_path(config.directory, *version.file);
    std::optional<std::string> text = files.read(path);
    if (!text) {
        return project_error(cat("the version's file does not exist: ", *version.file)).at(version.file.origin.where);
    }
    std::string pattern = version.pattern->empty() ? "__version__ = \"{version}\"" : *version.pattern;
    std::size_t hole = pattern.find("{version}");
    std::string before = pattern.substr(0, hole);
    std::string after = hole == std::string::npos ? "" : pattern.substr(hole + 9);
    for (const std::string& quote : {std::string("\""), std::string("'")}) {
        std::string head = replace_all(before, "\"", quote);
        std::string tail = replace_all(after, "\"", quote);
        std::size_t at = text->find(head);
        if (at == std::string::npos) continue;
        std::size_t end = tail.empty() ? text->find('\n', at) : text->find(tail, at + head.size());
        if (end == std::string::npos) end = text->size();
        return std::string(trim(text->substr(at + head.size(), end - at - head.size())));
    }
    return project_error(cat("no version in ", *version.file, ": it has no text like ", pattern),
                         "say what surrounds the version with pattern = \"… {version} …\"")
        .at(version.file.origin.where);
}

// Keys that the configuration knows and the rules do not read yet: silence would be a wrong build.
Status check_supported(const options::Config& config) {
    auto refuse = [](const options::Origin& origin, std::string_view what) -> Status {
        return project_error(cat(what, " is not supported yet"), "leave it out").at(origin.where);
    };
    for (const options::CrateRule& rule : config.crates) {
        if (rule.canonical_paths.set()) return refuse(rule.canonical_paths.origin, "`canonical-paths`");
        TRY_VOID(
            holds(config, rule.when, MarkerEnvironment()));  // that it can be read; whether it holds is asked later
    }
    return {};
}

Result<std::string> version_from_cargo(SourceFiles& files, const options::Config& config) {
    Result<std::string> version = version_of_crate(files, config.directory, *config.version.crate);
    if (!version.ok()) return std::move(version).error().at(config.version.place);
    return *version;
}

// The fields that project.dynamic lists beside the version, from where [tool.cermet.dynamic] says.
Status fill_dynamic(SourceFiles& files, const options::Config& config, const Toml& pyproject, DynamicValues& out) {
    const options::DynamicFields& from = config.dynamic;
    const Toml* at = pyproject.find_path("project.dynamic");
    const std::vector<std::string> listed = at == nullptr ? std::vector<std::string>() : at->string_list();
    const bool readme = contains(listed, "readme");
    if (from.readme.set() && !readme) {
        return project_error("dynamic.readme has no meaning where project.dynamic does not list 'readme'")
            .at(from.readme.origin.where);
    }
    if (!from.crate->empty() && at != nullptr) {
        TRY(fields, crate_fields(files, config.directory, *from.crate, listed, *at));
        out.fields = fields;
        out.absent = fields_of_crates();
    }
    if (!from.readme->empty()) {
        Toml path = Toml::of(*from.readme);
        path.line = at->line;
        path.column = at->column;
        out.fields.set("readme", path);
    }
    return {};
}

// An sdist was given its version when it was made; PKG-INFO keeps it.
std::optional<std::string> version_of_sdist(SourceFiles& files, const std::string& directory) {
    std::optional<std::string> info = files.read(join_path(directory, "PKG-INFO"));
    if (!info) return std::nullopt;
    return metadata_field(*info, "Version");
}

std::vector<std::string> build_requires_of(const Toml& pyproject) {
    const Toml* requires_list = pyproject.find_path("build-system.requires");
    return requires_list == nullptr ? std::vector<std::string>() : requires_list->string_list();
}

struct TargetFinder {
    SourceFiles& files;
    const options::Config& config;
    const Discovery& discovery;
    const MarkerEnvironment& markers;
    std::vector<ModuleTarget> found;

    Status add(ModuleTarget target) {
        for (const ModuleTarget& known : found) {
            if (known.name != target.name) continue;
            if (known.kind == target.kind && known.source == target.source && known.table == target.table) {
                return {};
            }
            return project_error(cat("module ", target.name, " is defined twice with different settings"),
                                 cat("the other definition is at ", known.place.file, ":", known.place.line))
                .at(target.place);
        }
        found.push_back(std::move(target));
        return {};
    }

    Status add_group(const options::CythonGroup& group, std::size_t index) {
        std::vector<std::string> globs = *group.modules;
        if (!group.name->empty()) {
            for (const std::string& source : group.sources->list) {
                std::string_view suffix = extension(source);
                if (suffix != ".pyx" && suffix != ".py") continue;
                std::string path = join_path(config.directory, source);
                if (files.kind(path) != SourceKind::File) return missing(source, group);
                return add({*group.name, ModuleKind::Cython, index, path, group.place});
            }
            return project_error(cat("module ", *group.name, " has no .pyx or .py source")).at(group.place);
        }
        for (const std::string& glob : globs) {
            std::size_t before = found.size();
            bool any = false;
            for (const std::string& path : matching_files(files, config.directory, glob)) {
                if (extension(path) != ".pyx" && extension(path) != ".py") continue;
                any = true;
                if (any_matches(*group.exclude, path)) continue;
                TRY_VOID(add({module_name_of(discovery, path), ModuleKind::Cython, index,
                              join_path(config.directory, path), group.place}));
            }
            if (!any && before == found.size()) return missing(glob, group);
        }
        return {};
    }

    Status missing(const std::string& pattern, const options::CythonGroup& group) {
        return project_error(cat("no source matches ", pattern),
                             "paths are relative to pyproject.toml; is the file ignored by git, or not checked out?")
            .at(group.modules.set() ? group.modules.origin.where : group.place);
    }
};

}  // namespace package_detail

Result<std::vector<std::string>> expand_sources(SourceFiles& files, const options::Config& config,
                                                const options::SourceList& sources, const Where& place) {
    std::vector<std::string> found;
    if (!sources.from.empty()) {
        TRY(text, files.need(join_path(config.directory, sources.from)));
        for (const std::string& source : c::sources_named_in(text, sources.from)) {
            if (!package_detail::any_matches(sources.exclude, source))
                found.push_back(join_path(config.directory, source));
        }
        return found;
    }
    for (const std::string& pattern : sources.list) {
        std::vector<std::string> matching = matching_files(files, config.directory, pattern);
        if (matching.empty()) {
            return project_error(cat("no source matches ", pattern),
                                 "paths are relative to the configuration's directory")
                .at(place);
        }
        for (const std::string& source : matching) found.push_back(join_path(config.directory, source));
    }
    return found;
}

std::string module_path(const std::string& module) { return replace_all(module, ".", "/"); }

namespace package_detail {

// cfg(target_os = "linux"), cfg(unix), cfg(not(windows)), cfg(any(…)), cfg(all(…)): enough for `when`.
struct CfgReader {
    std::string_view rest;
    platform::Triple triple;
    bool failed = false;

    void skip() { rest = trim(rest); }
    bool take(std::string_view token) {
        skip();
        if (rest.substr(0, token.size()) != token) return false;
        rest.remove_prefix(token.size());
        return true;
    }
    std::string word() {
        skip();
        std::size_t n = 0;
        while (n < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[n])) != 0 || rest[n] == '_')) ++n;
        std::string found(rest.substr(0, n));
        rest.remove_prefix(n);
        return found;
    }
    bool list(bool all) {
        bool value = all;
        while (!take(")")) {
            bool one = predicate();
            value = all ? value && one : value || one;
            take(",");
            if (rest.empty() || failed) {
                failed = true;
                return false;
            }
        }
        return value;
    }
    bool predicate() {
        std::string name = word();
        if (name == "all" && take("(")) return list(true);
        if (name == "any" && take("(")) return list(false);
        if (name == "not" && take("(")) return !list(true);
        if (!take("=")) return flag(name);
        skip();
        std::size_t end = rest.size() > 1 ? rest.find('"', 1) : std::string_view::npos;
        if (rest.empty() || rest[0] != '"' || end == std::string_view::npos) {
            failed = true;
            return false;
        }
        std::string value(rest.substr(1, end - 1));
        rest.remove_prefix(end + 1);
        if (name == "target_os") return triple.os == value;
        if (name == "target_arch") return triple.arch == value;
        if (name == "target_env") return triple.environment == value;
        if (name == "target_family") return flag(value);
        failed = true;
        return false;
    }
    bool flag(const std::string& name) {
        if (name == "unix") return triple.os != "windows" && triple.os != "none";
        if (name == "windows") return triple.os == "windows";
        failed = true;
        return false;
    }
};

// pip refuses too, but only what it installs itself; a wheel that its own Python may not install is of no use.
Status check_python(const Package& package, const Interpreter& python) {
    if (package.project.requires_python.empty()) return {};
    TRY(wanted, SpecifierSet::parse(package.project.requires_python));
    std::optional<Version> own = Version::find(python.full_version);
    if (!own || wanted.contains(*own, true)) return {};
    return environment_error(
               cat("Python ", python.full_version, " is not one that this project supports: requires-python is ",
                   package.project.requires_python),
               "choose another one with --python")
        .at("pyproject.toml");
}

// In a checkout that is worked on, an edit of a crate should link one library, not every module that uses it.
void share_libraries(options::Config& config) {
    for (options::RustLibrary& library : config.rust_libraries) {
        if (!library.link.set()) library.link.value = "shared";
    }
}

// It would put modules beside the sources that this machine cannot import.
Status check_editable(const options::Config& config) {
    const Target target = target_of(config);
    if (!target.cross) return {};
    return usage_error(cat("an editable install is for this machine, and ", target.triple.rust(), " is built for"),
                       "build a wheel for it: cermet build")
        .at(config.target.origin.where);
}

}  // namespace package_detail

Result<bool> holds(const options::Config& config, const options::Text& when, const MarkerEnvironment& markers) {
    if (when->empty()) return true;
    std::string_view text = trim(*when);
    if (text.substr(0, 4) == "cfg(" && text.back() == ')') {
        package_detail::CfgReader reader{text.substr(4, text.size() - 5), target_of(config).triple};
        bool value = reader.predicate();
        if (!reader.failed && trim(reader.rest).empty()) return value;
        return project_error(cat("cannot read the condition ", text),
                             "write cfg(unix), cfg(target_os = \"linux\") or a PEP 508 marker")
            .at(when.origin.where);
    }
    Result<Marker> marker = Marker::parse(text);
    if (!marker.ok()) return std::move(marker).error().at(when.origin.where);
    return marker->evaluate(markers);
}

namespace package_detail {

// The file by its place, so that what it says of files in the checkout is said of the place too. Where a mirror stands over
// the whole checkout, what git ignores is only at its real path.
std::string place_of_overrides(const exec::Executor& executor, exec::Places& places, const std::string& file) {
    const std::string& checkout = executor.options().checkout;
    if (!is_within(file, checkout)) return places.canonical(file);
    const std::string placed = join_path(exec::k_ws, relative_to(file, checkout));
    return platform::exists(places.host_outside(placed)) ? placed : file;
}

}  // namespace package_detail

engine::Task<SharedConfig> run(engine::Build build, LoadConfig) {
    BuildRequest& request = build.service<BuildRequest>();
    exec::Executor& executor = build.service<exec::Executor>();
    options::Overrides overrides = request.overrides;
    if (!overrides.file.empty()) {
        overrides.file = package_detail::place_of_overrides(executor, executor.places(), overrides.file);
    }
    CO_TRY(config, options::load_config(executor.files(), request.directory, overrides));
    CO_TRY_VOID(package_detail::check_supported(config));
    if (request.editable) {
        package_detail::share_libraries(config);
        CO_TRY_VOID(package_detail::check_editable(config));
    }
    co_return std::make_shared<const options::Config>(config);
}

engine::Task<SharedPackage> run(engine::Build build, LoadPackage) {
    SourceFiles& files = build.service<exec::Executor>().files();
    SharedConfig config = co_await build.get(LoadConfig());
    Package package;
    std::string path = join_path(config->directory, "pyproject.toml");
    std::optional<std::string> text = files.read(path);
    if (!text) {
        co_return project_error(cat("there is no pyproject.toml in ", config->directory),
                                "run Cermet in the project's directory, or name it with --directory");
    }
    CO_TRY(pyproject, parse_toml(*text, "pyproject.toml"));
    ProjectSource source{path, "pyproject.toml"};
    CO_TRY(brief, read_project_brief(pyproject, source));
    DynamicValues dynamic;
    if (brief.version_is_dynamic) {
        const std::string from = *config->version.from;
        std::optional<std::string> packed = package_detail::version_of_sdist(files, config->directory);
        if (packed && from != "file") {
            dynamic.version = *packed;
        } else if (from == "file") {
            CO_TRY(version, package_detail::version_from_file(files, *config));
            dynamic.version = version;
        } else if (from == "cargo") {
            CO_TRY(version, package_detail::version_from_cargo(files, *config));
            dynamic.version = version;
        } else if (from == "git") {
            CO_TRY(version,
                   scm_version(build.service<exec::Executor>(), *config, build.service<BuildRequest>().host_directory,
                               build.service<fetch::NetworkHelper>()));
            dynamic.version = version;
        } else {
            co_return project_error("[project].version is dynamic, and nothing says where it comes from",
                                    "add version = { from = \"git\" } to [tool.cermet], or file, or cargo")
                .at("pyproject.toml", brief.version_line);
        }
    }
    CO_TRY_VOID(package_detail::fill_dynamic(files, *config, pyproject, dynamic));
    CO_TRY(project, read_project(pyproject, source, files, dynamic));
    package.project = project;
    package.pyproject = pyproject;
    package.build_requires = package_detail::build_requires_of(pyproject);
    co_return std::make_shared<const Package>(package);
}

engine::Task<std::vector<std::string>> run(engine::Build build, FindBuildRequires) {
    SharedConfig config = co_await build.get(LoadConfig());
    if (!config->has_pyproject) co_return std::vector<std::string>();
    SharedPackage package = co_await build.get(LoadPackage());
    co_return package->build_requires;
}

// The Python files that belong to the project. Without a Python package there are none, only a directory below which
// modules have their names.
class FindFiles {
   public:
    using Value = Discovery;
    static constexpr std::string_view k_name = "package-files";
    std::string text() const { return {}; }
};

engine::Task<Discovery> run(engine::Build build, FindFiles) {
    SourceFiles& files = build.service<exec::Executor>().files();
    SharedConfig config = co_await build.get(LoadConfig());
    if (!config->has_pyproject) {
        Discovery none;
        none.source_root = *config->package_dir == "." ? std::string() : *config->package_dir;
        if (!none.source_root.empty()) none.source_roots = {none.source_root};
        co_return none;
    }
    SharedPackage package = co_await build.get(LoadPackage());
    Python python = co_await build.get(FindPython());
    CO_TRY_VOID(package_detail::check_python(*package, python.record));
    DiscoveryConfig wanted;
    wanted.root = config->directory;
    wanted.project_name = package->project.name;
    wanted.packages = *config->packages;
    wanted.package_dir = *config->package_dir;
    wanted.include = *config->include;
    wanted.exclude = *config->exclude;
    wanted.packages_line = config->packages.origin.where.line;
    std::string git_root = find_git_root(files, config->directory);
    GitIgnore ignore(files, git_root.empty() ? config->directory : git_root);
    CO_TRY(discovery, discover(files, wanted, git_root.empty() ? nullptr : &ignore));
    co_return discovery;
}

engine::Task<SharedLayout> run(engine::Build build, FindLayout) {
    SourceFiles& files = build.service<exec::Executor>().files();
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindPython());
    Discovery discovery = co_await build.get(FindFiles());
    package_detail::TargetFinder finder{files, *config, discovery, python.record.markers, {}};
    for (std::size_t i = 0; i < config->cython.size(); ++i) {
        CO_TRY(active, holds(*config, config->cython[i].when, python.record.markers));
        if (active) CO_TRY_VOID(finder.add_group(config->cython[i], i));
    }
    for (std::size_t i = 0; i < config->c_modules.size(); ++i) {
        const options::CModule& table = config->c_modules[i];
        CO_TRY(active, holds(*config, table.when, python.record.markers));
        if (active) CO_TRY_VOID(finder.add({*table.name, ModuleKind::C, i, "", table.place}));
    }
    for (std::size_t i = 0; i < config->rust_modules.size(); ++i) {
        const options::RustModule& table = config->rust_modules[i];
        CO_TRY(active, holds(*config, table.when, python.record.markers));
        if (active) CO_TRY_VOID(finder.add({*table.name, ModuleKind::Rust, i, "", table.place}));
    }
    std::sort(finder.found.begin(), finder.found.end(),
              [](const ModuleTarget& a, const ModuleTarget& b) { return a.name < b.name; });
    auto layout = std::make_shared<Layout>();
    layout->discovery = discovery;
    layout->modules = finder.found;
    co_return SharedLayout(layout);
}

}  // namespace cermet::python
