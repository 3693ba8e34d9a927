// From actions to the files of editors.
// SPDX-License-Identifier: MIT
#include "cli/ide_json.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"

namespace cermet::cli {
namespace ide_json_detail {

using exec::Action;

// --- C, C++ ---

bool compiles_c(const Action& action) {
    return action.discovery == exec::Discovery::Depfile && contains(action.argv, "-c");
}

// Dependency files and path maps mean nothing to an editor.
std::vector<std::string> editor_arguments(const Action& action, const RealText& real) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < action.argv.size(); ++i) {
        const std::string& word = action.argv[i];
        if (word == "-MD" || word.compare(0, 18, "-ffile-prefix-map=") == 0) continue;
        if (word == "-MF") {
            ++i;
            continue;
        }
        words.push_back(real.text(word));
        if (word.compare(0, 2, "-I") != 0) continue;
        std::string second = real.also(std::string_view(word).substr(2));
        if (!second.empty()) words.push_back("-I" + second);
    }
    return words;
}

std::string after(const std::vector<std::string>& words, std::string_view flag) {
    auto found = std::find(words.begin(), words.end(), flag);
    return found == words.end() || found + 1 == words.end() ? std::string() : *(found + 1);
}

// --- Rust ---

bool takes_word(std::string_view flag) {
    for (std::string_view one :
         {"--crate-name", "--crate-type", "--out-dir", "--target", "--cfg", "--check-cfg", "--extern", "--cap-lints",
          "-C", "-L", "-l", "-A", "-W", "-D", "-F", "--emit", "--print"}) {
        if (flag == one) return true;
    }
    return false;
}

// One rustc call, taken apart.
struct Crate {
    const Action* action = nullptr;
    std::string name, source, edition, out_dir, target;
    std::set<std::string> types;
    std::vector<std::string> cfgs;
    std::vector<std::pair<std::string, std::string>> externs;  // name, canonical path
};

// rustc, and what may be called in its place: the words before its first argument.
std::size_t count_programs(const Action& action) {
    std::size_t count = 0;
    while (count < action.argv.size() && action.argv[count].compare(0, 1, "-") != 0) ++count;
    return count;
}

Crate read_crate(const Action& action) {
    Crate crate;
    crate.action = &action;
    for (std::size_t i = count_programs(action); i < action.argv.size(); ++i) {
        const std::string& word = action.argv[i];
        if (word.compare(0, 10, "--edition=") == 0) crate.edition = word.substr(10);
        if (word.empty() || word[0] != '-') {
            if (crate.source.empty()) crate.source = word;
            continue;
        }
        if (!takes_word(word) || i + 1 == action.argv.size()) continue;
        const std::string& value = action.argv[++i];
        if (word == "--crate-name") crate.name = value;
        if (word == "--crate-type") crate.types.insert(value);
        if (word == "--out-dir") crate.out_dir = value;
        if (word == "--target") crate.target = value;
        if (word == "--cfg") crate.cfgs.push_back(value);
        if (word != "--extern") continue;
        std::size_t equals = value.find('=');
        if (equals == std::string::npos) continue;  // of the sysroot
        std::string name = value.substr(0, equals);
        crate.externs.emplace_back(name.substr(name.rfind(':') + 1), value.substr(equals + 1));
    }
    return crate;
}

std::vector<Crate> read_crates(const SharedActions& actions) {
    std::vector<Crate> crates;
    std::set<std::string> seen;
    for (const auto& action : actions) {
        bool rustc = !action->argv.empty() && !after(action->argv, "--crate-name").empty() &&
                     (stem(action->argv[0]) == "rustc" || action->platform.count("rust") != 0);
        if (!rustc || !seen.insert(action->label).second) continue;
        Crate crate = read_crate(*action);
        crate.source = join_path(action->cwd, crate.source);
        if (crate.source != action->cwd && !crate.out_dir.empty()) crates.push_back(crate);
    }
    return crates;
}

std::string macro_library(const Crate& crate, const RealText& real) {
    for (const exec::Output& output : crate.action->outputs) {
        std::string_view suffix = extension(output.path);
        if (suffix == ".so" || suffix == ".dylib" || suffix == ".dll") {
            return real.text(join_path(crate.out_dir, output.path));
        }
    }
    return {};
}

Json crate_json(const Crate& crate, const std::map<std::string, std::size_t>& index, const RealText& real) {
    const Action& action = *crate.action;
    Json json;
    json.set("display_name", crate.name).set("root_module", real.text(crate.source)).set("edition", crate.edition);
    Json::Array deps;
    for (const auto& [name, path] : crate.externs) {
        auto found = index.find(std::string(parent(path)));
        if (found == index.end()) continue;
        Json dep;
        dep.set("crate", static_cast<std::int64_t>(found->second)).set("name", name);
        deps.push_back(dep);
    }
    json.set("deps", deps).set("cfg", Json::strings(crate.cfgs));
    json.set("is_workspace_member", is_within(crate.source, exec::k_ws));
    Json env{Json::Object{}};
    for (const auto& [name, value] : action.env) env.set(name, real.text(value));
    json.set("env", env);
    auto manifest = action.env.find("CARGO_MANIFEST_DIR");
    std::string root = manifest == action.env.end() ? std::string(parent(crate.source)) : manifest->second;
    std::vector<std::string> include = {real.text(root)};
    auto out_dir = action.env.find("OUT_DIR");
    if (out_dir != action.env.end()) include.push_back(real.text(out_dir->second));
    json.set("source",
             Json()
                 .set("include_dirs", Json::strings(include))
                 .set("exclude_dirs", Json::strings({real.text(root) + "/.git", real.text(root) + "/target"})));
    if (!crate.target.empty()) json.set("target", crate.target);
    bool is_macro = crate.types.count("proc-macro") != 0;
    json.set("is_proc_macro", is_macro);
    if (is_macro) json.set("proc_macro_dylib_path", macro_library(crate, real));
    return json;
}

}  // namespace ide_json_detail

Json compile_commands(const SharedActions& actions, const RealText& real) {
    using namespace ide_json_detail;
    std::map<std::pair<std::string, std::string>, Json> entries;  // by file and output
    std::set<std::string> seen;
    for (const auto& action : actions) {
        if (!compiles_c(*action) || !seen.insert(action->label).second) continue;
        const std::string file = real.text(after(action->argv, "-c"));
        const std::string output = real.text(after(action->argv, "-o"));
        Json& entry = entries[{file, output}];
        entry.set("directory", real.text(action->cwd)).set("file", file).set("output", output);
        entry.set("arguments", Json::strings(editor_arguments(*action, real)));
    }
    Json::Array list;
    for (const auto& [place, entry] : entries) list.push_back(entry);
    return Json(list);
}

Json rust_project(const SharedActions& actions, const RealText& real) {
    using namespace ide_json_detail;
    std::vector<Crate> crates = read_crates(actions);
    std::sort(crates.begin(), crates.end(), [](const Crate& a, const Crate& b) { return a.out_dir < b.out_dir; });
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < crates.size(); ++i) index[crates[i].out_dir] = i;
    Json::Array list;
    for (const Crate& crate : crates) list.push_back(crate_json(crate, index, real));
    Json json;
    if (!crates.empty()) {
        const Action& first = *crates[0].action;
        std::string sysroot = real.text(parent(parent(first.argv[count_programs(first) - 1])));
        json.set("sysroot", sysroot);
        std::string sources = sysroot + "/lib/rustlib/src/rust/library";
        if (real.exists(sources)) json.set("sysroot_src", sources);
    }
    json.set("crates", list);
    return json;
}

}  // namespace cermet::cli
