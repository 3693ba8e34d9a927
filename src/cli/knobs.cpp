// Collecting the knobs of a project.
// SPDX-License-Identifier: MIT
#include "cli/knobs.h"

#include <algorithm>
#include <map>

#include "base/lists.h"
#include "base/text.h"
#include "exec/environment.h"
#include "languages/python/crate_requests.h"
#include "languages/python/environment.h"
#include "languages/python/facts.h"
#include "languages/python/generate.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/rust/rules/knobs.h"
#include "platform/triple.h"

namespace cermet::cli {
namespace knobs_detail {

using options::Knob;

std::string as_toml(const std::string& text) { return Json(text).dump(); }

struct Variable {
    const char* name;
    const char* doc;
    const char* consumer;
};
constexpr Variable k_toolchain[] = {
    {"CC", "The C compiler, with words that always go first.", "every C target"},
    {"CXX", "The C++ compiler.", "every C++ target"},
    {"AR", "The archiver.", "every C and C++ library"},
    {"CPPFLAGS", "For the preprocessor of C and C++.", "every C and C++ target"},
    {"CFLAGS", "For the C compiler.", "every C target"},
    {"CXXFLAGS", "For the C++ compiler.", "every C++ target"},
    {"LDFLAGS", "For every link of C and C++.", "every C and C++ target"},
    {"RUSTC", "The Rust compiler.", "every crate"},
    {"RUSTC_WRAPPER", "A program that is called in place of rustc.", "every crate"},
    {"RUSTC_WORKSPACE_WRAPPER", "The same, for the workspace's own crates.", "every crate"},
    {"RUSTFLAGS", "For rustc, as cargo takes them.", "every crate"},
    {"RUSTUP_TOOLCHAIN", "The toolchain that rustup chooses.", "every crate"},
    {"SOURCE_DATE_EPOCH", "The time in archives, and of steps that ask for one.", "wheel and sdist"},
};

class Collector {
   public:
    Collector(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace)
        : session_(session), arguments_(arguments), workspace_(workspace), user_(exec::user_environment()) {}

    Result<Knobs> collect() {
        TRY(config, session_.ask(python::LoadConfig()));
        config_ = config;
        for (Knob& knob : options::effective_options(*config_, session_.request().profile)) add(std::move(knob));
        if (workspace_) {
            TRY_VOID(workspace_crates());
        } else {
            TRY_VOID(package_crates());
        }
        generators();
        toolchain();
        environment();
        for (const exec::Observation& seen : session_.executor().observations()) observed(seen);
        return finish();
    }

   private:
    // The same knob of several requests is one, used by all of them.
    void add(Knob knob) {
        const std::string key = cat(knob.group, "\n", knob.path, "\n", knob.value);
        auto [place, fresh] = places_.emplace(key, found_.all.size());
        if (fresh) {
            found_.all.push_back(std::move(knob));
            return;
        }
        Knob& known = found_.all[place->second];
        add_all_once(known.consumers, knob.consumers);
        add_all_once(known.by, knob.by);
    }

    Status crates_of(rust::CrateRequest request, const std::string& consumer) {
        TRY(listed, session_.ask(rust::ListKnobs(std::move(request), consumer)));
        for (const Knob& knob : listed->knobs) add(knob);
        add_all_once(found_.not_run, listed->not_run);
        return {};
    }

    Status workspace_crates() {
        TRY(wanted, rust_request(session_, arguments_, *workspace_));
        return crates_of(*wanted.request(), cat("workspace ", wanted.request()->name));
    }

    Status package_crates() {
        const bool programs = std::any_of(config_->executables.begin(), config_->executables.end(),
                                          [](const options::Executable& each) { return !each.crate->empty(); });
        if (config_->rust_libraries.empty() && config_->rust_modules.empty() && !programs) return {};
        TRY(python, session_.ask(python::FindPython()));
        std::string distribution;
        if (config_->has_pyproject) {
            TRY(package, session_.ask(python::LoadPackage()));
            distribution = package->project.name;
        }
        const python::BuildRequest& request = session_.request();
        for (const options::RustLibrary& table : config_->rust_libraries) {
            TRY(active, python::holds(*config_, table.when, python.record.markers));
            if (!active) continue;
            TRY_VOID(crates_of(python::library_crate(*config_, table, python, request, distribution),
                               cat("rust:", *table.name)));
        }
        for (const options::RustModule& table : config_->rust_modules) {
            TRY(active, python::holds(*config_, table.when, python.record.markers));
            if (active) TRY_VOID(crates_of(python::module_crate(*config_, table, python, request), *table.name));
        }
        for (const options::Executable& table : config_->executables) {
            TRY(active, python::holds(*config_, table.when, python.record.markers));
            if (!active || table.crate->empty()) continue;
            TRY_VOID(crates_of(python::program_crate(*config_, table, &python, request), cat("tool:", *table.name)));
        }
        return {};
    }

    // What generators asked over their channels when they ran the last time.
    void generators() {
        for (const options::Generate& table : config_->generates) {
            const std::optional<exec::Outcome> ran = session_.executor().last_outcome(python::generator_label(table));
            if (!ran) continue;
            for (Knob& knob : talk::knobs_of(*ran, cat("generate.", *table.name),
                                             python::generator_asker(table, *config_), cat("generate:", *table.name)))
                add(std::move(knob));
        }
    }

    // A variable's value: what stands in the environment, or what [env] set says.
    void set_variable(Knob& knob) const {
        if (knob.origin == "seen") return;  // whatever it is, no step gets it
        auto own = user_.find(knob.path);
        if (own == user_.end()) {
            if (knob.origin.empty()) knob.origin = "default";
            return;
        }
        knob.value = options::names_secret(knob.path) ? "\"…\"" : as_toml(own->second);
        auto said = config_->env_set->find(knob.path);
        const bool configured = said != config_->env_set->end() && said->second == own->second;
        knob.origin = configured ? config_->env_set.origin.text() : "environment";
    }

    static Knob tool(const std::string& name, const std::string& type, const std::string& doc) {
        Knob knob;
        knob.group = "toolchain";
        knob.path = name;
        knob.type = type;
        knob.doc = doc;
        return knob;
    }

    // The command that is run where the variable says none.
    void found_compiler(Knob& knob, c::Language language) {
        knob.origin = "default";
        if (!workspace_) {
            Result<python::NativeFlags> flags = session_.ask(python::FindNativeFlags(config_->has_pyproject));
            const bool said =
                flags.ok() && !(language == c::Language::C ? flags->c_command : flags->cxx_command).empty();
            if (said) knob.origin = "sysconfig of the Python";
        }
        Result<c::Toolchain> toolchain = workspace_
                                             ? session_.ask(c::FindToolchain(language, {}))
                                             : session_.ask(python::FindCompiler(language, config_->has_pyproject));
        if (toolchain.ok()) knob.value = as_toml(join(toolchain->command, " "));
        if (toolchain.ok()) archiver_ = toolchain->archiver;
    }

    void toolchain() {
        for (const Variable& variable : k_toolchain) {
            Knob knob = tool(variable.name, "text", variable.doc);
            knob.consumers = {variable.consumer};
            if (knob.path == "CC") found_compiler(knob, c::Language::C);
            if (knob.path == "CXX") found_compiler(knob, c::Language::Cxx);
            if (knob.path == "AR" && !archiver_.empty()) knob.value = as_toml(archiver_);
            if (knob.path == "RUSTC") {
                Result<rust::RustToolchain> rust = session_.ask(rust::FindRust(session_.request().directory));
                if (rust.ok()) knob.value = as_toml(rust->rustc);
            }
            set_variable(knob);
            add(std::move(knob));
        }
        chosen("--python", session_.request().python, arguments_.python, "The Python that is built for.");
        chosen("--target", platform::host_triple().rust(), arguments_.target, "The machine that is built for.");
        const std::string standard = workspace_ ? "dev" : *config_->default_profile;
        const std::string profile = workspace_ && arguments_.cargo.release ? "release" : arguments_.profile;
        chosen("--profile", profile.empty() ? standard : profile, profile, "One name for all languages.");
    }

    void chosen(const std::string& option, const std::string& value, const std::string& said, const std::string& doc) {
        Knob knob = tool(option, "text", doc);
        knob.value = value.empty() ? std::string() : as_toml(value);
        knob.origin = said.empty() ? "default" : option;
        knob.consumers = {"every target"};
        add(std::move(knob));
    }

    // Variables that tables let in; those of build scripts and crates are there already.
    void environment() {
        const auto let_in = [this](const std::vector<std::string>& names, const std::string& consumer,
                                   const std::string& origin) {
            for (const std::string& name : names) {
                Knob knob;
                knob.group = "environment";
                knob.path = name;
                knob.type = "text";
                knob.doc = cat("Let in by pass-env, ", origin, ".");
                knob.consumers = {consumer};
                add(std::move(knob));
            }
        };
        let_in(*config_->pass_env, "every step", config_->pass_env.origin.text());
        for (const options::Generate& table : config_->generates)
            let_in(*table.pass_env, cat("generate:", *table.name), table.pass_env.origin.text());
        for (const options::CrateRule& rule : config_->crates)
            let_in(*rule.pass_env, cat("crate ", rule.id), rule.pass_env.origin.text());
    }

    // What a script was seen looking for. Of a variable that it is given and nobody can set, as OUT_DIR, there is no knob.
    void observed(const exec::Observation& seen) {
        for (const auto& [name, programs] : seen.variables) {
            std::vector<std::string> who;
            for (const std::string& program : programs)
                who.push_back(program == seen.program ? seen.consumer() : cat(seen.consumer(), " (", program, ")"));
            bool known = false;
            for (Knob& knob : found_.all) {
                if (knob.path != name || (knob.group != "environment" && knob.group != "toolchain")) continue;
                known = true;
                add_all_once(knob.by, who);
                if (knob.origin == "seen") add_once(knob.consumers, seen.consumer());
            }
            if (known || seen.given.count(name) != 0) continue;
            Knob knob;
            knob.group = "environment";
            knob.path = name;
            knob.type = "text";
            knob.origin = "seen";
            knob.doc = "Looked for, and declared by nobody: pass-env lets it in.";
            knob.consumers = {seen.consumer()};
            knob.by = std::move(who);
            add(std::move(knob));
        }
    }

    // Variables that are the toolchain's are said once; all others get their values.
    Knobs finish() {
        std::map<std::string, std::size_t> tools;
        for (std::size_t i = 0; i < found_.all.size(); ++i) {
            if (found_.all[i].group == "toolchain") tools[found_.all[i].path] = i;
        }
        for (Knob& knob : found_.all) {
            if (knob.group != "environment") continue;
            auto same = tools.find(knob.path);
            if (same == tools.end()) {
                set_variable(knob);
            } else {
                add_all_once(found_.all[same->second].consumers, knob.consumers);
                add_all_once(found_.all[same->second].by, knob.by);
                knob.group.clear();
            }
        }
        std::erase_if(found_.all, [](const Knob& knob) { return knob.group.empty(); });
        static const std::vector<std::string> order = {"options",  "configuration", "generate",  "features",
                                                       "profiles", "crates",        "toolchain", "environment"};
        const auto rank = [](const Knob& knob) { return std::find(order.begin(), order.end(), knob.group); };
        std::stable_sort(found_.all.begin(), found_.all.end(), [&](const Knob& a, const Knob& b) {
            if (rank(a) != rank(b)) return rank(a) < rank(b);
            const bool sorted = a.group == "features" || a.group == "crates" || a.group == "environment";
            return sorted && a.path < b.path;
        });
        std::sort(found_.not_run.begin(), found_.not_run.end());
        tell_people();
        return std::move(found_);
    }

    void tell_people() {
        const exec::Executor& executor = session_.executor();
        std::map<std::string, std::string> told;  // many knobs are of one place
        for (Knob& knob : found_.all) {
            for (std::string* text : {&knob.origin, &knob.value, &knob.doc}) {
                if (!contains(*text, "/cermet/")) continue;
                auto [place, fresh] = told.emplace(*text, std::string());
                if (fresh) place->second = executor.for_people(*text);
                *text = place->second;
            }
        }
    }

    Session& session_;
    const Arguments& arguments_;
    const std::optional<RustWorkspace>& workspace_;
    std::map<std::string, std::string> user_;
    python::SharedConfig config_;
    std::string archiver_;
    std::map<std::string, std::size_t> places_;
    Knobs found_;
};

}  // namespace knobs_detail

Result<Knobs> collect_knobs(Session& session, const Arguments& arguments,
                            const std::optional<RustWorkspace>& workspace) {
    return knobs_detail::Collector(session, arguments, workspace).collect();
}

}  // namespace cermet::cli
