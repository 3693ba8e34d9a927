// Building targets, remembering them, and saying what they are.
// SPDX-License-Identifier: MIT
#include "cli/built.h"

#include <set>

#include "base/path.h"
#include "base/text.h"
#include "cli/common.h"
#include "languages/python/environment.h"
#include "platform/os.h"

namespace cermet::cli {
namespace built_detail {

// --- the answer that is remembered ---

Json json_of(const python::BuiltTarget& target) {
    Json::Array files;
    for (const python::TargetFile& file : target.files) {
        Json one;
        one.set("role", python::role_text(file.role)).set("path", file.path).set("digest", file.file.digest.text());
        one.set("executable", file.file.kind == exec::InputKind::Executable);
        files.push_back(std::move(one));
    }
    Json json;
    json.set("name", target.name).set("files", Json(std::move(files)));
    json.set("include", Json::strings(target.include_dirs)).set("flags", Json::strings(target.compile_flags));
    return json.set("link", Json::strings(target.link_flags)).set("cxx", target.cxx);
}

bool target_of(const Json& json, store::Store& store, python::BuiltTarget& target) {
    target.name = json["name"].string();
    for (const Json& one : json["files"].array()) {
        python::TargetFile file;
        file.role = python::role_of_text(one["role"].string());
        file.path = one["path"].string();
        if (one["executable"].boolean()) file.file.kind = exec::InputKind::Executable;
        if (!Digest::parse(one["digest"].string(), file.file.digest) || !store.has(file.file.digest)) return false;
        target.files.push_back(std::move(file));
    }
    target.include_dirs = json["include"].string_list();
    target.compile_flags = json["flags"].string_list();
    target.link_flags = json["link"].string_list();
    target.cxx = json["cxx"].boolean();
    return true;
}

// --- real paths ---

bool names_path(const exec::Leaf& leaf) {
    using Type = exec::Leaf::Type;
    return leaf.type == Type::File || leaf.type == Type::Tool || leaf.type == Type::Listing;
}

// Directories of steps are gone when the cache is collected; files from them are delivered.
bool is_output(const std::string& canonical) {
    return is_within(canonical, exec::k_out) || is_within(canonical, exec::k_shared);
}

void show_real_paths(const exec::Places& places, python::BuiltTarget& target) {
    std::erase_if(target.include_dirs, is_output);
    for (auto* texts : {&target.include_dirs, &target.compile_flags, &target.link_flags}) {
        for (std::string& text : *texts) text = places.render_outside(text);
    }
}

// A directory with declared outputs is read through its mirror.
std::string checked_out(const Session& session, const std::string& path) {
    const std::string mirror = join_path(session.root(), "mirror");
    if (!is_within(path, mirror)) return path;
    return join_path(session.checkout().host, relative_to(path, mirror));
}

std::vector<std::string> delivered_headers(const python::BuiltTarget& target, const std::string& directory) {
    for (const python::TargetFile& file : target.files) {
        std::string_view suffix = extension(file.path);
        if (suffix == ".h" || suffix == ".hh" || suffix == ".hpp" || suffix == ".hxx") return {directory};
    }
    return {};
}

// --- the listing ---

Json listed(const Session& session, const python::BuiltTarget& target, const std::string& directory) {
    Json::Array files;
    for (const python::TargetFile& file : target.files) {
        Json one;
        one.set("role", python::role_text(file.role)).set("path", join_path(directory, file.path));
        files.push_back(std::move(one));
    }
    std::vector<std::string> include = delivered_headers(target, directory);
    for (const std::string& one : target.include_dirs) {
        std::string real = checked_out(session, one);
        if (platform::is_directory(real)) include.push_back(std::move(real));
    }
    Json json;
    json.set("name", target.name).set("files", Json(std::move(files))).set("include", Json::strings(include));
    json.set("compile-flags", Json::strings(target.compile_flags));
    json.set("link-flags", Json::strings(target.link_flags));
    return json.set("c++", target.cxx);
}

// What of the machine and the project was read: names that a caller can watch.
struct Read {
    std::set<std::string> files, directories, environment;
};

// Programs and installed distributions are facts; each stands for a file.
std::string file_of_fact(const exec::Leaf& fact, const std::vector<std::string>& site) {
    if (fact.name.compare(0, 8, "program:") == 0) return is_absolute(fact.value) ? fact.value : std::string();
    if (fact.name == "python") return fact.value.substr(0, fact.value.rfind(' '));
    if (fact.name.compare(0, 5, "dist:") != 0) return {};
    return python::distribution_record(site, fact.name.substr(5)).value_or("");
}

Read read_of(Session& session, const std::vector<exec::Leaf>& leaves, const std::string& directory) {
    const std::string cache = store::Store::default_directory();
    const std::vector<std::string> site = python::site_directories(session.request().python);
    Read read;
    auto add = [&](std::set<std::string>& to, const std::string& path) {
        std::string real = checked_out(session, path);
        if (is_within(real, cache) || is_within(real, directory) || !platform::exists(real)) return;
        to.insert(std::move(real));
    };
    for (const exec::Leaf& leaf : leaves) {
        if (leaf.type == exec::Leaf::Type::Env) read.environment.insert(leaf.name);
        if (leaf.type == exec::Leaf::Type::Fact) add(read.files, file_of_fact(leaf, site));
        if (names_path(leaf)) add(leaf.type == exec::Leaf::Type::Listing ? read.directories : read.files, leaf.name);
    }
    return read;
}

Json diagnostics_of(const Json& said) {
    Json::Array all;
    for (const Json& one : said["said"].array()) {
        Json json;
        json.set("step", one["what"]).set("text", one["text"]);
        all.push_back(std::move(json));
    }
    return Json(std::move(all));
}

Json sorted(const std::set<std::string>& texts) { return Json::strings({texts.begin(), texts.end()}); }

}  // namespace built_detail

Result<Built> build_targets(Session& session, const std::vector<std::string>& names, const KeptWords& kept,
                            const std::string& key) {
    TRY_VOID(session.start());
    TRY(targets, session.run(python::BuildTargets(names)));
    const exec::Places& places = session.executor().places();
    Built built;
    built.said = kept.json();
    Json::Array all;
    for (python::BuiltTarget& target : targets) {
        built_detail::show_real_paths(places, target);
        all.push_back(built_detail::json_of(target));
        built.targets.push_back(std::move(target));
    }
    for (exec::Leaf& leaf : session.executor().recorded_leaves()) {
        if (built_detail::names_path(leaf)) leaf.name = places.host_outside(leaf.name);
        built.leaves.push_back(std::move(leaf));
    }
    Json answer;
    answer.set("targets", Json(std::move(all))).set("said", built.said);
    TRY_VOID(session.executor().save_request(key, answer.dump()));
    return built;
}

std::optional<Built> remembered_targets(Session& session, const std::string& key) {
    Remembered remembered = find_remembered(session, key);
    if (!remembered.holds) return std::nullopt;
    Built built;
    for (const Json& one : remembered.answer["targets"].array()) {
        python::BuiltTarget target;
        if (!built_detail::target_of(one, session.store(), target)) return std::nullopt;
        built.targets.push_back(std::move(target));
    }
    built.leaves = exec::Executor::saved_leaves(session.root(), key);
    built.said = remembered.answer["said"];
    return built;
}

Result<std::vector<std::string>> deliver_targets(Session& session, const Built& built, const std::string& directory) {
    std::vector<std::string> paths;
    for (const python::BuiltTarget& target : built.targets) {
        for (const python::TargetFile& file : target.files) {
            paths.push_back(join_path(directory, file.path));
            const bool executable = file.file.kind == exec::InputKind::Executable;
            TRY_VOID(session.deliver(file.file, paths.back(), executable ? 0755 : 0644));
        }
    }
    return paths;
}

Json listing(Session& session, const Built& built, const std::string& directory) {
    Json::Array targets;
    for (const python::BuiltTarget& target : built.targets) {
        targets.push_back(built_detail::listed(session, target, directory));
    }
    built_detail::Read read = built_detail::read_of(session, built.leaves, directory);
    Json json;
    json.set("version", 1).set("targets", Json(std::move(targets)));
    json.set("read", built_detail::sorted(read.files)).set("listed", built_detail::sorted(read.directories));
    json.set("environment", built_detail::sorted(read.environment));
    return json.set("diagnostics", built_detail::diagnostics_of(built.said));
}

Json listing(std::string_view archive, const std::string& path) {
    Json file;
    file.set("role", archive).set("path", path);
    Json target;
    target.set("name", archive).set("files", Json(Json::Array{std::move(file)}));
    Json json;
    return json.set("version", 1).set("targets", Json(Json::Array{std::move(target)}));
}

}  // namespace cermet::cli
