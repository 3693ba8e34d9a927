// `cermet verify`: proves that what would be published can be built, installed and imported elsewhere.
// SPDX-License-Identifier: MIT
//
// The tree's wheel and sdist are built; the sdist is unpacked below the checkout's directory in the cache and built there
// by a process of its own (a second checkout, same cache); the wheel is read, installed into a clean environment and every
// module is imported from an empty directory. Exit code 0: no findings; 1: findings; else it could not be done.
#include <algorithm>
#include <map>

#include "base/archive/tar.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/clean_environment.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/findings.h"
#include "cli/source_audit.h"
#include "cli/wheel_audit.h"
#include "languages/python/distribution.h"
#include "languages/python/environment.h"
#include "languages/python/payload.h"
#include "languages/python/wheel_platform.h"
#include "languages/python/target.h"
#include "platform/os.h"

namespace cermet::cli {
namespace verify_detail {

// All that is known after the tree was built.
struct Built {
    python::SharedConfig config;
    python::SharedPackage package;
    python::SharedLayout layout;
    python::SharedPayload payload;
    python::Python python;
    python::BuiltArchive wheel, sdist;
    std::string wheel_bytes, sdist_bytes;
    std::string musl_version;
    std::vector<std::string> read;         // files of the checkout
    std::vector<std::string> sdist_paths;  // without the top directory
};

Result<Built> build_tree(Session& session) {
    Built built;
    TRY(said, session.ask(python::LoadConfig()));
    const python::Target target = python::target_of(*said);
    if (target.cross) {
        return usage_error(cat("verify imports the modules, and they are for ", target.triple.rust()),
                           "build the wheel, and test it on that machine or in an emulator of it");
    }
    TRY(wheel, session.run(python::BuildWheel()));
    built.wheel = wheel;
    built.read = files_read(session.executor().recorded_leaves());  // before the sdist reads everything
    TRY(sdist, session.run(python::BuildSdist()));
    built.sdist = sdist;
    TRY(config, session.ask(python::LoadConfig()));
    built.config = config;
    TRY(package, session.ask(python::LoadPackage()));
    built.package = package;
    TRY(layout, session.ask(python::FindLayout()));
    built.layout = layout;
    TRY(payload, session.ask(python::CollectPayload()));
    built.payload = payload;
    TRY(python, session.ask(python::FindPython()));
    built.python = python;
    TRY(platform, session.ask(python::ChoosePlatform()));
    built.musl_version = platform.musl_version;
    TRY(wheel_bytes, session.store().get(wheel.file.digest));
    built.wheel_bytes = wheel_bytes;
    TRY(sdist_bytes, session.store().get(sdist.file.digest));
    built.sdist_bytes = sdist_bytes;
    return built;
}

class Verifier {
   public:
    Verifier(Session& session, Listeners& listeners, const Arguments& arguments)
        : session_(session), listeners_(listeners), arguments_(arguments), work_(join_path(session.root(), "verify")) {}

    Status run() {
        TRY(built, build_tree(session_));
        built_ = std::move(built);
        TRY_VOID(platform::remove_tree(work_));
        TRY_VOID(platform::make_directories(work_));
        Status done = all();
        Status removed = platform::remove_tree(work_);
        return done.ok() ? removed : done;
    }
    const Findings& findings() const { return findings_; }

   private:
    Status all() {
        say("reading the wheel");
        audit();
        TRY_VOID(unpack());
        TRY_VOID(sources());
        TRY_VOID(sdist_wheel());
        return environment();
    }

    void say(const std::string& what) {
        if (!arguments_.quiet) listeners_.console().print("verify: " + what);
    }

    std::vector<std::string> exports_of(const python::ModuleTarget& target) const {
        switch (target.kind) {
            case python::ModuleKind::Cython: return *built_.config->cython[target.table].exports;
            case python::ModuleKind::C: return *built_.config->c_modules[target.table].exports;
            case python::ModuleKind::Rust: return *built_.config->rust_modules[target.table].exports;
        }
        return {};
    }

    void audit() {
        WheelAudit audit;
        audit.bytes = built_.wheel_bytes;
        audit.file_name = built_.wheel.file_name;
        audit.python = built_.python.record;
        audit.runtime_library = built_.python.runtime_library;
        audit.musl_version = built_.musl_version;
        for (const python::BuiltModule& module : built_.payload->modules) {
            AuditedModule one;
            one.name = module.name;
            one.wheel_path = module.wheel_path;
            one.abi = module.abi;
            one.floor = module.floor;
            for (const python::ModuleTarget& target : built_.layout->modules) {
                if (target.name != module.name) continue;
                one.exports = exports_of(target);
            }
            audit.modules.push_back(one);
        }
        for (const python::BuiltLibrary& library : built_.payload->libraries)
            audit.libraries.push_back(library.wheel_path);
        audit_wheel(audit, findings_);
        const std::vector<std::string>& stale = built_.layout->discovery.stale_native;
        if (!stale.empty()) findings_.note(cat("left out native files lying in the tree: ", list_text(stale)));
    }

    Status unpack() {
        TarRules rules;
        TRY(files, read_tar_gz(built_.sdist_bytes, built_.sdist.file_name, rules));
        for (const TarFile& file : files) {
            std::size_t slash = file.path.find('/');
            if (slash == std::string::npos) continue;
            std::string inner = file.path.substr(slash + 1);
            std::string path = join_path(work_ + "/sdist", inner);
            TRY_VOID(platform::make_directories(std::string(parent(path))));
            TRY_VOID(platform::write_file_atomic(path, file.bytes, file.executable ? 0755 : 0644));
            built_.sdist_paths.push_back(inner);
        }
        return {};
    }

    Status sources() {
        SourceAudit audit;
        audit.read = built_.read;
        audit.sdist_paths = built_.sdist_paths;
        audit.config = built_.config.get();
        audit_sources(session_, audit, findings_);
        std::vector<UsedDistribution> used;
        for (const auto& [name, place] : used_distributions(*built_.config)) {
            TRY(distribution, session_.ask(python::FindDistribution(name)));
            if (!distribution.found()) continue;  // its table is not built for this Python
            used.push_back({distribution, has_native_files(distribution.host), place});
        }
        audit_requirements(built_.package->project, used, built_.python.record.markers, findings_);
        return {};
    }

    std::vector<std::string> build_command() const {
        std::vector<std::string> argv = {platform::own_executable(),
                                         "build",
                                         "--quiet",
                                         "--directory",
                                         work_ + "/sdist",
                                         "--out-dir",
                                         work_ + "/dist",
                                         "--jobs",
                                         std::to_string(session_.executor().options().jobs)};
        auto add = [&argv](const char* option, const std::string& value) {
            if (!value.empty()) argv.insert(argv.end(), {option, value});
        };
        add("--python", session_.request().python);
        add("--profile", arguments_.profile);
        add("--target", arguments_.target);
        if (!arguments_.overrides.empty()) {
            add("--overrides", join_path(platform::current_directory(), arguments_.overrides));
        }
        if (arguments_.mode != Mode::Automatic) add("--mode", arguments_.mode == Mode::Plain ? "plain" : "mount");
        for (const std::string& option : arguments_.options) add("-C", option);
        if (arguments_.offline) argv.emplace_back("--offline");
        if (arguments_.locked) argv.emplace_back("--locked");
        if (!arguments_.workers) argv.emplace_back("--no-workers");
        return argv;
    }

    // What the other process said, with the paths of the tree: its own directory is gone when it is read.
    std::string of_the_tree(const std::string& text) const {
        return std::string(trim(replace_all(text, work_ + "/sdist/", "")));
    }

    Status sdist_wheel() {
        say("building the wheel from the sdist");
        fetch::NetworkCommand command;
        command.argv = build_command();
        command.cwd = work_;
        command.env = {{"CERMET_TRACE", ""}};
        command.purpose = "build the wheel from the sdist";
        command.needs_network = false;  // the other build decides for itself
        TRY(end, session_.network().run(command));
        bool ended = findings_.check(end.succeeded(), "sdist",
                                     cat("the wheel cannot be built from the sdist:\n", of_the_tree(end.err)),
                                     "a file may be missing from the sdist: see `sdist-include` and .gitignore");
        if (!ended) return {};
        std::optional<std::string> other =
            platform::find_file_bytes(join_path(work_ + "/dist", built_.wheel.file_name));
        if (!findings_.check(other.has_value(), "sdist",
                             cat("the sdist gives a wheel of another name than ", built_.wheel.file_name))) {
            return {};
        }
        bool same = *other == built_.wheel_bytes;
        findings_.check(same, "sdist",
                        same ? ""
                             : cat("the wheel from the sdist differs from the wheel from the tree: ",
                                   list_text(differing_members(built_.wheel_bytes, *other))),
                        "a file that the build reads is not in the sdist, or differs there");
        return {};
    }

    // --- installed ---

    Status environment() {
        say("installing the wheel into a clean environment");
        std::string wheel = join_path(work_, built_.wheel.file_name);
        TRY_VOID(platform::write_file_atomic(wheel, built_.wheel_bytes));
        TRY(made, CleanEnvironment::make(session_.network(), session_.request().python, work_ + "/clean"));
        CleanEnvironment environment = made;
        TRY(installed, install(environment, wheel));
        if (!installed) return {};
        TRY_VOID(extras(environment, wheel));
        return imports(environment);
    }

    Result<bool> install(CleanEnvironment& environment, const std::string& wheel) {
        using Requirements = CleanEnvironment::Requirements;
        if (!arguments_.offline) {
            TRY(full, environment.install(wheel, Requirements::Yes));
            if (findings_.check(full.ok, "requirements",
                                cat("the wheel cannot be installed with what it requires:\n", full.output),
                                "see [project] dependencies and requires-python")) {
                TRY(consistent, environment.check());
                findings_.check(consistent.ok, "requirements",
                                cat("what is installed does not agree:\n", consistent.output));
                complete_ = true;
                return true;
            }
        } else if (!built_.package->project.dependencies.empty()) {
            findings_.note("what the wheel requires was not installed: --offline was given");
        }
        TRY(alone, environment.install(wheel, Requirements::No));
        return findings_.check(alone.ok, "install", cat("the wheel cannot be installed:\n", alone.output));
    }

    Status extras(CleanEnvironment& environment, const std::string& wheel) {
        if (!complete_) return {};
        for (const auto& [extra, requirements] : built_.package->project.optional_dependencies) {
            if (requirements.empty()) continue;
            TRY(answer, environment.resolve(cat(wheel, "[", extra, "]")));
            findings_.check(answer.ok, "requirements",
                            cat("what the extra ", extra, " requires cannot be found:\n", answer.output),
                            "see [project.optional-dependencies]");
        }
        return {};
    }

    std::vector<ImportTask> import_tasks() const {
        std::vector<ImportTask> tasks;
        std::map<std::string, std::string> compiled;
        for (const python::BuiltModule& module : built_.payload->modules) compiled[module.name] = module.wheel_path;
        for (const auto& [name, path] : compiled) tasks.push_back({ImportTask::Kind::Module, name, path});
        for (const std::string& name : pure_modules(built_.wheel_bytes, built_.wheel.file_name)) {
            if (compiled.count(name) == 0) tasks.push_back({ImportTask::Kind::Module, name, ""});
        }
        for (const python::EntryPointGroup& group : built_.package->project.entry_points) {
            for (const auto& [name, target] : group.entries) {
                std::string object(trim(std::string_view(target).substr(0, target.find('['))));
                tasks.push_back({ImportTask::Kind::EntryPoint, replace_all(object, " ", ""), ""});
            }
        }
        return tasks;
    }

    Status imports(CleanEnvironment& environment) {
        std::vector<ImportTask> tasks = import_tasks();
        say(cat("importing ", tasks.size(), " modules and entry points"));
        TRY(answers, environment.import_all(tasks));
        std::map<std::string, std::vector<std::string>> without;  // missing module -> who needs it
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            const ImportAnswer& answer = answers[i];
            std::string missing = answer.missing.substr(0, answer.missing.find('.'));
            bool foreign = !missing.empty() && !own_module(tasks, missing);
            if (!answer.ok && foreign && may_be_missing(tasks[i], missing)) {
                findings_.note(cat(tasks[i].name, " was not imported: it needs ", missing, ", which is optional"));
            } else if (!answer.ok && foreign) {
                without[missing].push_back(tasks[i].name);
            } else {
                findings_.check(answer.ok, "imports", cat(tasks[i].name, " cannot be imported: ", answer.error));
            }
        }
        for (const auto& [missing, names] : without) {
            for (std::size_t i = 1; i < names.size(); ++i) findings_.check(true, "imports", "");
            findings_.check(false, "imports", cat(list_text(names), " cannot be imported without ", missing),
                            complete_ ? cat("add what holds ", missing, " to [project] dependencies")
                                      : "run verify without --offline, so that requirements are installed");
        }
        return {};
    }

    static bool own_module(const std::vector<ImportTask>& tasks, const std::string& top) {
        return std::any_of(tasks.begin(), tasks.end(), [&top](const ImportTask& task) {
            bool module = task.kind == ImportTask::Kind::Module;
            return module && task.name.substr(0, task.name.find('.')) == top;
        });
    }

    // What only an extra brings, and what only tests use, need not be there. Compiled modules always must import.
    bool may_be_missing(const ImportTask& task, const std::string& missing) const {
        if (!task.wheel_path.empty()) return false;
        for (const auto& [extra, requirements] : built_.package->project.optional_dependencies) {
            for (const python::Requirement& requirement : requirements) {
                if (python::normalise_name(requirement.name) == python::normalise_name(missing)) return true;
            }
        }
        for (const std::string& part : split(task.name, '.')) {
            if (part == "tests" || part == "test" || part == "testing" || part == "conftest") return true;
        }
        return false;
    }

    Session& session_;
    Listeners& listeners_;
    const Arguments& arguments_;
    std::string work_;
    Built built_;
    Findings findings_;
    bool complete_ = false;  // requirements are installed too
};

}  // namespace verify_detail

int verify_command(const Arguments& arguments) {
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = start_session(*settings);
    if (!session.ok()) return print_error(session.error());
    verify_detail::Verifier verifier(**session, listeners, arguments);
    Status done = verifier.run();
    if (!done.ok()) return print_failures(**session, done.error());
    const Findings& findings = verifier.findings();
    print_line(arguments.json ? findings.json().dump(2) : findings.text());
    return findings.all().empty() ? 0 : 1;
}

}  // namespace cermet::cli
