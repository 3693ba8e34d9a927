// Finding the interpreter, the distributions beside it, and what they provide.
// SPDX-License-Identifier: MIT
#include "languages/python/environment.h"

#include "base/bytes.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/queries.h"
#include "exec/run.h"
#include "fetch/packages.h"
#include "languages/python/external_distribution.h"
#include "languages/python/package.h"
#include "languages/python/request.h"
#include "languages/python/requirement.h"
#include "languages/python/tags.h"
#include "languages/python/target.h"
#include "platform/os.h"

namespace cermet::python {
namespace environment_detail {

// pyvenv.cfg of a virtual environment, or nothing for a base installation (PEP 405).
struct VirtualEnvironment {
    bool is = false;
    std::string directory;
    bool system_site = false;
    std::string base_executable;
};

VirtualEnvironment read_virtual_environment(const std::string& executable) {
    VirtualEnvironment found;
    for (const std::string& directory : {std::string(parent(executable)), std::string(parent(parent(executable)))}) {
        std::optional<std::string> text = platform::find_file_bytes(join_path(directory, "pyvenv.cfg"));
        if (!text) continue;
        found.is = true;
        found.directory = directory;
        std::string home;
        for (const std::string& line : split_lines(*text)) {
            std::size_t equals = line.find('=');
            if (equals == std::string::npos) continue;
            std::string key = lower(trim(std::string_view(line).substr(0, equals)));
            std::string value(trim(std::string_view(line).substr(equals + 1)));
            if (key == "include-system-site-packages") found.system_site = lower(value) == "true";
            if (key == "executable") found.base_executable = value;
            if (key == "home") home = value;
        }
        if (found.base_executable.empty() && !home.empty()) {
            found.base_executable = join_path(home, file_name(executable));
        }
        return found;
    }
    return found;
}

std::string base_of(const std::string& executable, const VirtualEnvironment& environment) {
    if (environment.is && platform::is_file(environment.base_executable)) {
        Result<std::string> real = platform::real_path(environment.base_executable);
        if (real.ok()) return *real;
    }
    Result<std::string> real = platform::real_path(executable);
    return real.ok() ? *real : executable;
}

exec::Action probe_action(const std::string& executable, const Digest& digest) {
    exec::Action action;
    ByteWriter identity;
    identity.string(executable);
    identity.string(k_probe_program);
    action.label = cat("probe-python-", digest_of(identity.bytes()).short_hex(8));
    action.description = cat("probe ", executable);
    action.argv = {executable, "-I", "-S", "-B", "-c", k_probe_program};
    action.cwd = "/";
    action.platform["interpreter"] = digest.hex();
    action.hint = "choose a working interpreter with --python";
    return action;
}

// libpython where it is shared: its upgrade changes what modules find, though the program stays the same.
std::string runtime_library(const Interpreter& record, const std::string& executable) {
    std::string library = record.var("INSTSONAME").empty() ? record.var("LDLIBRARY") : record.var("INSTSONAME");
    for (const std::string& directory : {record.library_directory, record.library_directory + "/" + record.multiarch}) {
        std::string path = join_path(directory, library);
        if (contains(library, ".so") && platform::is_file(path)) return path;
    }
    return executable;
}

bool in_system_directories(const std::string& prefix) { return prefix == "/usr" || is_within(prefix, "/usr/lib"); }

// The directory of a Python's libraries is called like its program, but a free-threaded one's has a "t" where the program
// may have none: bin/python3.13 is then another name of python3.13t.
std::string library_name(const std::string& program, const std::string& directory) {
    const bool free = !platform::is_directory(join_path(directory, program)) &&
                      platform::is_directory(join_path(directory, program + "t"));
    return free ? program + "t" : program;
}

struct InstalledAt {
    std::string directory;  // of site-packages
    std::string dist_info;
    std::string version;
};

// "numpy-2.1.0.dist-info": the name is normalised on both sides.
std::optional<InstalledAt> find_installed(const std::vector<std::string>& search_path, const std::string& name) {
    for (const std::string& directory : search_path) {
        Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(directory);
        if (!entries.ok()) continue;
        for (const platform::DirectoryEntry& entry : *entries) {
            if (extension(entry.name) != ".dist-info") continue;
            std::string whole(stem(entry.name));
            std::size_t dash = whole.rfind('-');
            if (dash == std::string::npos || normalise_name(whole.substr(0, dash)) != name) continue;
            return InstalledAt{directory, entry.name, whole.substr(dash + 1)};
        }
    }
    return std::nullopt;
}

}  // namespace environment_detail

using environment_detail::find_installed;

std::vector<std::string> site_directories(const std::string& executable) {
    environment_detail::VirtualEnvironment environment = environment_detail::read_virtual_environment(executable);
    std::vector<std::string> prefixes;
    if (environment.is) prefixes.push_back(environment.directory);
    if (!environment.is || environment.system_site) {
        std::string base = environment_detail::base_of(executable, environment);
        prefixes.push_back(std::string(parent(parent(base))));
    }
    const std::string base_name(file_name(environment_detail::base_of(executable, environment)));
    std::vector<std::string> found;
    auto add = [&found](const std::string& directory) {
        bool known = contains(found, directory);
        if (!known && platform::is_directory(directory)) found.push_back(directory);
    };
    for (const std::string& prefix : prefixes) {
        for (const char* lib : {"lib", "lib64", "local/lib"}) {
            Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(join_path(prefix, lib));
            if (!entries.ok()) continue;
            const std::string own = environment_detail::library_name(base_name, join_path(prefix, lib));
            for (const platform::DirectoryEntry& entry : *entries) {
                bool versioned = entry.name.compare(0, 7, "python3") == 0;
                bool other = contains(base_name, ".") && versioned && entry.name != own && entry.name != "python3";
                if (!versioned || other) continue;
                add(join_path(prefix, cat(lib, "/", entry.name, "/site-packages")));
                add(join_path(prefix, cat(lib, "/", entry.name, "/dist-packages")));
            }
        }
    }
    return found;
}

std::optional<std::string> python_fact(store::Store& store, const std::string& executable) {
    std::string base =
        environment_detail::base_of(executable, environment_detail::read_virtual_environment(executable));
    Result<Digest> digest = store.file_digest(base);
    if (!digest.ok()) return std::nullopt;
    return cat(base, " ", digest->hex());
}

std::optional<std::string> distribution_record(const std::vector<std::string>& search_path, const std::string& name) {
    std::optional<environment_detail::InstalledAt> at = find_installed(search_path, name);
    if (!at) return std::nullopt;
    return join_path(at->directory, at->dist_info + "/RECORD");
}

std::optional<std::string> distribution_fact(store::Store& store, const std::vector<std::string>& search_path,
                                             const std::string& name) {
    std::optional<environment_detail::InstalledAt> at = find_installed(search_path, name);
    if (!at) return std::nullopt;
    std::string dist_info = join_path(at->directory, at->dist_info);
    if (is_external(dist_info)) {
        Result<Digest> digest = external_digest(store, find_external(dist_info));
        return cat(at->version, " ", digest.ok() ? digest->hex() : std::string("unreadable"));
    }
    std::optional<std::string> record = platform::find_file_bytes(join_path(dist_info, "RECORD"));
    return cat(at->version, " ", digest_of(record.value_or("")).hex());
}

Status name_prefix(exec::Executor& executor, Python& python, const std::string& place) {
    const Interpreter& record = python.record;
    python.include_dirs = {record.include_directory};
    if (record.platform_include_directory != record.include_directory) {
        python.include_dirs.push_back(record.platform_include_directory);
    }
    if (environment_detail::in_system_directories(record.base_prefix)) return {};
    // It may have a place already: in the checkout, or of another Python.
    if (executor.places().canonical(record.base_prefix) == record.base_prefix) {
        TRY_VOID(executor.add_place(place, record.base_prefix));
    }
    for (std::string& include : python.include_dirs) include = executor.places().canonical(include);
    return {};
}

engine::Task<Python> run(engine::Build build, FindPython) {
    SharedConfig config = co_await build.get(LoadConfig());
    const Target target = target_of(*config);
    if (target.cross || target.has_python()) {
        Python described = co_await build.get(DescribedPython());
        co_return described;
    }
    Python own = co_await build.get(FindBuildPython());
    co_return own;
}

engine::Task<Python> run(engine::Build build, FindBuildPython) {
    BuildRequest& request = build.service<BuildRequest>();
    exec::Executor& executor = build.service<exec::Executor>();
    if (request.python.empty()) {
        co_return environment_error("no Python interpreter found",
                                    "name one with --python, or activate a virtual environment");
    }
    if (!platform::is_file(request.python)) {
        co_return environment_error(cat("no Python interpreter at ", request.python), "name one with --python");
    }
    environment_detail::VirtualEnvironment environment = environment_detail::read_virtual_environment(request.python);
    std::string base = environment_detail::base_of(request.python, environment);
    exec::Program program = co_await build.get(exec::FindProgram(base));
    exec::Action probe = environment_detail::probe_action(base, program.digest);
    exec::Outcome probed = co_await build.get(exec::Run(std::move(probe)));
    std::string printed = co_await build.get(exec::BlobText(probed.stdout_digest));
    CO_TRY(record, interpreter_from_probe(printed));
    Python python;
    python.record = record;
    python.runtime_library = environment_detail::runtime_library(record, base);
    exec::Program runtime = co_await build.get(exec::FindProgram(python.runtime_library));
    ByteWriter identity;
    identity.string(record.identity());
    identity.digest(program.digest);
    identity.digest(runtime.digest);
    python.digest = digest_of(identity.bytes()).hex();
    const std::string place = cat(exec::k_tool, "/python-", python.digest.substr(0, 8));
    CO_TRY_VOID(name_prefix(executor, python, place));
    python.executable = executor.places().canonical(base);
    python.search_path = request.search_path;
    if (python.search_path.empty()) python.search_path = site_directories(request.python);
    std::optional<std::string> fact = python_fact(build.service<store::Store>(), request.python);
    executor.record(exec::Leaf{exec::Leaf::Type::Fact, "python", fact.value_or("absent")});
    co_return python;
}

FindDistribution::FindDistribution(const std::string& name, std::string directory)
    : name_(normalise_name(name)), directory_(std::move(directory)) {}

engine::Task<Distribution> run(engine::Build build, FindDistribution key) {
    exec::Executor& executor = build.service<exec::Executor>();
    Distribution found;
    found.name = key.name();
    std::vector<std::string> search_path = {key.directory()};
    if (key.directory().empty()) {
        Python python = co_await build.get(FindBuildPython());
        search_path = python.search_path;
        std::optional<std::string> fact = distribution_fact(build.service<store::Store>(), search_path, key.name());
        executor.record(exec::Leaf{exec::Leaf::Type::Fact, "dist:" + key.name(), fact.value_or("absent")});
    }
    std::optional<environment_detail::InstalledAt> at = find_installed(search_path, key.name());
    if (!at) co_return found;
    if (!key.directory().empty()) executor.files().read(join_path(at->directory, at->dist_info + "/RECORD"));
    CO_TRY(package,
           fetch::import_python_distribution(build.service<store::Store>(), join_path(at->directory, at->dist_info)));
    found.version = at->version;
    found.dist_info = at->dist_info;
    if (package.external) {
        ExternalDistribution outside = find_external(join_path(at->directory, at->dist_info));
        CO_TRY(digest, external_digest(build.service<store::Store>(), outside));
        found.directory = outside.place(key.name());
        CO_TRY_VOID(executor.add_place(found.directory, outside.directory));
        found.host = outside.directory;
        found.digest = digest.hex();
        found.top_levels = outside.top_levels;
        co_return found;
    }
    found.directory = package.canonical;
    found.host = package.host;
    found.digest = package.digest.hex();
    co_return found;
}

namespace environment_detail {

// "[pkg_config] numpy = numpy._core.lib.pkgconfig" in entry_points.txt -> numpy/_core/lib/pkgconfig below the place.
std::vector<std::string> pkg_config_directories(const Distribution& distribution) {
    std::vector<std::string> found;
    std::optional<std::string> text =
        platform::find_file_bytes(join_path(distribution.host, distribution.dist_info + "/entry_points.txt"));
    bool inside = false;
    for (const std::string& line : split_lines(text.value_or(""))) {
        std::string_view trimmed = trim(line);
        if (!trimmed.empty() && trimmed[0] == '[') {
            inside = trimmed == "[pkg_config]";
            continue;
        }
        std::size_t equals = trimmed.find('=');
        if (!inside || equals == std::string_view::npos) continue;
        found.push_back(replace_all(trim(trimmed.substr(equals + 1)), ".", "/"));
    }
    return found;
}

// Includedir of a .pc file whose prefix is relative to the file (${pcfiledir}); relative to the distribution.
std::vector<std::string> include_directories_of_pc(const std::string& host_root, const std::string& directory) {
    std::vector<std::string> found;
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(join_path(host_root, directory));
    if (!entries.ok()) return found;
    for (const platform::DirectoryEntry& entry : *entries) {
        if (extension(entry.name) != ".pc") continue;
        std::string text = platform::find_file_bytes(join_path(host_root, directory + "/" + entry.name)).value_or("");
        std::map<std::string, std::string> variables = {{"pcfiledir", directory}};
        for (const std::string& line : split_lines(text)) {
            std::size_t equals = line.find('=');
            if (equals == std::string::npos || line.find(':') < equals) continue;
            std::string value(trim(std::string_view(line).substr(equals + 1)));
            for (const auto& [name, known] : variables) value = replace_all(value, cat("${", name, "}"), known);
            variables[std::string(trim(std::string_view(line).substr(0, equals)))] = value;
        }
        if (variables.count("includedir") != 0) found.push_back(normalise(variables["includedir"]));
    }
    return found;
}

// Without a pkg-config file: the shallowest directories called "include" that hold headers.
void find_include_directories(const std::string& host, const std::string& relative, int depth,
                              std::vector<std::string>& found) {
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(join_path(host, relative));
    if (!entries.ok() || depth > 6) return;
    for (const platform::DirectoryEntry& entry : *entries) {
        if (entry.kind != platform::FileKind::Directory) continue;
        std::string path = relative.empty() ? entry.name : relative + "/" + entry.name;
        if (entry.name == "include") {
            found.push_back(path);
        } else if (extension(entry.name) != ".dist-info") {
            find_include_directories(host, path, depth + 1, found);
        }
    }
}

std::vector<std::string> include_directories(const Distribution& distribution) {
    std::vector<std::string> found;
    for (const std::string& directory : pkg_config_directories(distribution)) {
        for (const std::string& include : include_directories_of_pc(distribution.host, directory)) {
            found.push_back(include);
        }
    }
    if (!found.empty()) return found;
    if (distribution.top_levels.empty()) find_include_directories(distribution.host, "", 0, found);
    for (const std::string& name : distribution.top_levels) {
        if (extension(name).empty()) find_include_directories(distribution.host, name, 1, found);
    }
    return found;
}

// Front ends install what [build-system] requires says; an environment made by hand may hold another version.
Status check_requirement(const std::vector<std::string>& build_requires, const MarkerEnvironment& markers,
                         const Distribution& distribution) {
    std::optional<Version> version = Version::find(distribution.version);
    for (const std::string& text : build_requires) {
        Result<Requirement> wanted = Requirement::parse(text);
        if (!wanted.ok() || normalise_name(wanted->name) != distribution.name || !version) continue;
        if (wanted->marker && !wanted->marker->evaluate(markers)) continue;
        if (wanted->specifier.contains(*version, true)) continue;
        return environment_error(cat("the build environment has ", wanted->name, " ", distribution.version,
                                     ", and the project requires ", text),
                                 "install that version, or build with pip or uv, which do")
            .at("pyproject.toml");
    }
    return {};
}

// The build environment's distributions are for the machine that builds; what is in its own WHEEL file says whether they
// fit others too.
Status check_portable(const Distribution& distribution, const Target& target) {
    if (!distribution.found()) return {};
    const std::string file = join_path(distribution.host, distribution.dist_info + "/WHEEL");
    for (const std::string& line : split_lines(platform::find_file_bytes(file).value_or(""))) {
        if (line.compare(0, 5, "Tag: ") != 0) continue;
        Result<TagSet> tags = parse_tags(trim(line.substr(5)));
        if (!tags.ok() || tags->platforms == std::vector<std::string>{"any"}) continue;
        const std::string triple = target.triple.rust();
        return environment_error(
            cat("the build environment's ", distribution.name, " ", distribution.version, " is for ",
                join(tags->platforms, " and "), ", and ", triple, " is built for"),
            cat("unpack its wheel for that machine, and name the directory with `site-packages` in "
                "[tool.cermet.toolchain.",
                triple, "]"));
    }
    return {};
}

}  // namespace environment_detail

engine::Task<c::Provides> run(engine::Build build, ProvideDistribution key) {
    SharedConfig config = co_await build.get(LoadConfig());
    const Target target = target_of(*config);
    const bool cross = is_cross(*config, key.machine());
    std::string directory;
    if (cross) {
        Python described = co_await build.get(FindPython());
        directory = described.search_path.empty() ? "" : described.search_path[0];
    }
    Distribution distribution = co_await build.get(FindDistribution(key.name(), directory));
    if (cross && directory.empty()) CO_TRY_VOID(environment_detail::check_portable(distribution, target));
    if (!distribution.found()) {
        co_return environment_error(cat("the build environment has no distribution ", key.name()),
                                    cat("add \"", key.name(), "\" to [build-system] requires, or install it"));
    }
    std::vector<std::string> build_requires = co_await build.get(FindBuildRequires());
    Python python = co_await build.get(FindBuildPython());
    CO_TRY_VOID(environment_detail::check_requirement(build_requires, python.record.markers, distribution));
    c::Provides provides;
    for (const std::string& include : environment_detail::include_directories(distribution)) {
        provides.include_dirs.push_back(join_path(distribution.directory, include));
    }
    co_return provides;
}

engine::Task<cython::Compiler> run(engine::Build build, FindCython) {
    std::vector<std::string> build_requires = co_await build.get(FindBuildRequires());
    Python python = co_await build.get(FindBuildPython());
    Distribution cython = co_await build.get(FindDistribution("cython"));
    if (!cython.found()) {
        co_return environment_error("the build environment has no Cython",
                                    "add \"cython\" to [build-system] requires, or install it into the environment");
    }
    CO_TRY_VOID(environment_detail::check_requirement(build_requires, python.record.markers, cython));
    CO_TRY(version, Version::parse(cython.version));
    CO_TRY(oldest, Version::parse("3.0"));
    if (version < oldest) {
        co_return environment_error(cat("Cython ", cython.version, " is too old"), "Cython 3.0 or newer is needed");
    }
    cython::Compiler compiler;
    compiler.python = python.executable;
    compiler.version = cython.version;
    compiler.search_path = {cython.directory};
    ByteWriter identity;
    identity.string(python.digest);
    identity.string(cython.digest);
    for (const std::string& text : build_requires) {
        Result<Requirement> requirement = Requirement::parse(text);
        if (!requirement.ok() || normalise_name(requirement->name) == "cython") continue;
        Distribution other = co_await build.get(FindDistribution(requirement->name));
        if (!other.found()) continue;
        compiler.search_path.push_back(other.directory);
    }
    compiler.digest = digest_of(identity.bytes()).hex();
    co_return compiler;
}

}  // namespace cermet::python
