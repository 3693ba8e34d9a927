// Libraries of the system: what pkg-config says, and the files that it read for it.
// SPDX-License-Identifier: MIT
// Source: pkg-config(1), pc(5).
#include "languages/python/system_library.h"

#include <algorithm>
#include <deque>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "languages/c/c.h"
#include "languages/python/package.h"
#include "languages/python/target.h"

namespace cermet::python {

// The command that answers for one machine.
struct PkgConfig {
    std::vector<std::string> command;
    exec::Program program;
    bool operator==(const PkgConfig&) const = default;
};

namespace system_library_detail {

exec::Action action_for(const PkgConfig& program, const std::string& label, const std::vector<std::string>& words) {
    exec::Action action;
    const std::string said = join(program.command, " ");
    action.label = said == "pkg-config" ? label : cat(label, "-", digest_of(said).short_hex(8));
    action.description = cat(said, " ", words.back());
    action.argv = program.command;
    action.argv[0] = program.program.path;
    action.argv.insert(action.argv.end(), words.begin(), words.end());
    action.cwd = "/";
    action.platform["pkg-config"] = program.program.digest.hex();
    action.pass_env = {"PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"};
    return action;
}

void read_pkg_config(const std::string& printed, c::Provides& provides) {
    for (const std::string& word : split_words(printed)) {
        if (word.compare(0, 2, "-I") == 0) {
            provides.include_dirs.push_back(word.substr(2));
        } else if (word.compare(0, 2, "-D") == 0 || word == "-pthread") {
            provides.compile_flags.push_back(word);
        } else {
            provides.link_flags.push_back(word);
        }
    }
}

// The file in the first of the directories that has one; "" where none does.
std::string file_of(exec::Executor& executor, const std::vector<std::string>& directories, const std::string& name) {
    for (const std::string& directory : directories) {
        std::string path = executor.places().canonical(cat(directory, "/", name, ".pc"));
        if (executor.files().kind(path) == SourceKind::File) return path;
    }
    return {};
}

std::vector<std::string> directories_of(const std::string& list) {
    std::vector<std::string> directories;
    for (const std::string& directory : split(std::string(trim(list)), ':')) {
        if (!directory.empty()) directories.push_back(directory);
    }
    return directories;
}

}  // namespace system_library_detail

std::vector<std::string> required_packages(std::string_view text) {
    std::vector<std::string> names;
    for (const std::string& line : split_lines(text)) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        const std::string_view field = trim(std::string_view(line).substr(0, colon));
        if (field != "Requires" && field != "Requires.private") continue;
        bool bound = false;  // the word before was a comparison: this one is a version
        for (const std::string& word : split_words(replace_all(line.substr(colon + 1), ",", " "))) {
            const std::size_t comparison = std::min(word.find_first_of("<>=!"), word.size());
            if (!bound && comparison > 0) names.push_back(word.substr(0, comparison));
            bound = comparison < word.size() && word.find_last_of("<>=") + 1 == word.size();
        }
    }
    return names;
}

class FindPkgConfig {
   public:
    using Value = PkgConfig;
    static constexpr std::string_view k_name = "find-pkg-config";
    FindPkgConfig(Machine machine, std::string wanted) : machine_(machine), wanted_(std::move(wanted)) {}
    std::string text() const { return wanted_ + shown_machine(machine_); }
    Machine machine() const { return machine_; }
    const std::string& wanted() const { return wanted_; }

   private:
    Machine machine_;
    std::string wanted_;  // for errors
};

engine::Task<PkgConfig> run(engine::Build build, FindPkgConfig key) {
    SharedConfig config = co_await build.get(LoadConfig());
    PkgConfig found;
    const bool cross = is_cross(*config, key.machine());
    const options::ToolchainRecord* record = toolchain_record(*config, key.machine());
    found.command = {cross ? cat(target_of(*config).triple.gnu(), "-pkg-config") : std::string("pkg-config")};
    if (cross) {
        c::CrossRecord tools = co_await build.get(c::FindCrossTools(cross_record(*config)));
        if (!tools.pkg_config.empty()) found.command = tools.pkg_config;
    } else if (record != nullptr && !record->pkg_config->empty()) {
        found.command = *record->pkg_config;
    }
    exec::Program program = co_await build.get(exec::FindProgram(found.command[0]));
    if (!program.found()) {
        co_return environment_error(
            cat(found.command[0], " is needed for sys:", key.wanted(), ", and is not installed"),
            "install it, or name another one with `pkg-config` in [tool.cermet.toolchain.NAME]");
    }
    found.program = program;
    co_return found;
}

// The directories in which pkg-config looks, in its order.
class PkgConfigDirectories {
   public:
    using Value = std::vector<std::string>;
    static constexpr std::string_view k_name = "pkg-config-directories";
    explicit PkgConfigDirectories(PkgConfig program) : program_(std::move(program)) {}
    std::string text() const { return join(program_.command, " "); }
    const PkgConfig& program() const { return program_; }

   private:
    PkgConfig program_;
};

engine::Task<std::vector<std::string>> run(engine::Build build, PkgConfigDirectories key) {
    exec::Action action = system_library_detail::action_for(key.program(), "pkg-config-directories",
                                                            {"--variable=pc_path", "pkg-config"});
    exec::Outcome answered = co_await build.get(exec::Run(std::move(action)));
    std::string built_in = co_await build.get(exec::BlobText(answered.stdout_digest));
    std::string first = co_await build.get(exec::UserEnvironment("PKG_CONFIG_PATH"));
    std::string instead = co_await build.get(exec::UserEnvironment("PKG_CONFIG_LIBDIR"));
    co_return system_library_detail::directories_of(cat(first, ":", instead.empty() ? built_in : instead));
}

engine::Task<std::vector<exec::Input>> run(engine::Build build, SystemFiles key) {
    PkgConfig program = co_await build.get(FindPkgConfig(key.machine(), key.name()));
    std::vector<std::string> directories = co_await build.get(PkgConfigDirectories(program));
    exec::Executor& executor = build.service<exec::Executor>();
    std::vector<exec::Input> found;
    std::deque<std::string> next = {key.name()};
    std::vector<std::string> seen = {key.name()};
    while (!next.empty()) {
        const std::string path = system_library_detail::file_of(executor, directories, next.front());
        next.pop_front();
        if (path.empty()) continue;  // pkg-config says what is missing
        const std::string text = executor.files().read(path).value_or(std::string());
        found.emplace_back(path, digest_of(text));
        for (const std::string& name : required_packages(text)) {
            if (contains(seen, name)) continue;
            seen.push_back(name);
            next.push_back(name);
        }
    }
    co_return found;
}

engine::Task<c::Provides> run(engine::Build build, ProvideSystem key) {
    std::vector<exec::Input> files = co_await build.get(SystemFiles(key.name(), key.machine()));
    PkgConfig program = co_await build.get(FindPkgConfig(key.machine(), key.name()));
    exec::Action action =
        system_library_detail::action_for(program, cat("pkg-config-", key.name()), {"--cflags", "--libs", key.name()});
    action.inputs = files;
    action.hint = cat("install the development package of ", key.name());
    exec::Outcome answered = co_await build.get(exec::Run(std::move(action)));
    std::string printed = co_await build.get(exec::BlobText(answered.stdout_digest));
    c::Provides provides;
    system_library_detail::read_pkg_config(printed, provides);
    co_return provides;
}

}  // namespace cermet::python
