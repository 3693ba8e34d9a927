// Making a virtual environment, installing into it, importing from it.
// SPDX-License-Identifier: MIT
#include "cli/clean_environment.h"

#include <cstdlib>

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/import_program.h"
#include "platform/os.h"

namespace cermet::cli {
namespace clean_environment_detail {

constexpr std::size_t k_shown_lines = 12;

// What pip calls errors; else the last lines of what it said.
std::string told(const fetch::NetworkEnd& end) {
    std::vector<std::string> errors, lines;
    for (const std::string& line : split_lines(end.err + end.out)) {
        if (line.compare(0, 5, "ERROR") == 0) errors.push_back(line);
        if (!trim(line).empty()) lines.push_back(line);
    }
    if (!errors.empty()) return join(errors, "\n");
    std::size_t begin = lines.size() > k_shown_lines ? lines.size() - k_shown_lines : 0;
    return join({lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end()}, "\n");
}

// "pip 23.2.1 from …" -> at least 22.3, which knows --python and --dry-run.
bool recent_pip(const std::string& printed) {
    std::vector<std::string> words = split_words(printed);
    if (words.size() < 2 || words[0] != "pip") return false;
    std::vector<std::string> parts = split(words[1], '.');
    int major = std::atoi(parts[0].c_str());
    int minor = parts.size() > 1 ? std::atoi(parts[1].c_str()) : 0;
    return major > 22 || (major == 22 && minor >= 3);
}

std::string how_it_ended(const fetch::NetworkEnd& end) {
    std::string text = end.signal != 0 ? cat("the interpreter was ended by signal ", end.signal)
                                       : cat("the interpreter ended with exit code ", end.exit_code);
    std::vector<std::string> lines = split_lines(end.err);
    return lines.empty() ? text : cat(text, ": ", lines.back());
}

}  // namespace clean_environment_detail

fetch::NetworkCommand CleanEnvironment::command(std::vector<std::string> argv, std::string purpose) const {
    fetch::NetworkCommand command;
    command.argv = std::move(argv);
    command.cwd = directory_ + "/empty";
    command.purpose = std::move(purpose);
    command.needs_network = false;
    for (const char* name : {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX",
                             "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV", "__PYVENV_LAUNCHER__"}) {
        command.env[name] = "";
    }
    return command;
}

Result<CleanEnvironment> CleanEnvironment::make(fetch::NetworkHelper& network, const std::string& python,
                                                const std::string& directory) {
    CleanEnvironment made(network, directory);
    TRY_VOID(platform::make_directories(directory + "/empty"));
    TRY(end, network.run(made.command({python, "-m", "venv", "--without-pip", directory + "/venv"},
                                      "make a virtual environment")));
    if (!end.succeeded()) {
        Error error = environment_error(cat(python, " cannot make a virtual environment"),
                                        "on Debian and Ubuntu install python3-venv");
        error.output = clean_environment_detail::told(end);
        return error;
    }
    TRY_VOID(made.find_pip(python));
    return made;
}

// The pip beside the interpreter serves any environment; an older one, or none: the environment gets its own.
Status CleanEnvironment::find_pip(const std::string& python_given) {
    TRY(version, network_->run(command({python_given, "-m", "pip", "--version"}, "ask for pip's version")));
    if (version.succeeded() && clean_environment_detail::recent_pip(version.out)) {
        pip_ = {python_given, "-m", "pip", "--python", python()};
        return {};
    }
    TRY(made, network_->run(command({python(), "-m", "ensurepip", "--default-pip"}, "install pip")));
    if (!made.succeeded()) {
        Error error =
            environment_error(cat("there is no pip for ", python_given),
                              cat("install it: ", python_given, " -m ensurepip, or python3-pip and python3-venv"));
        error.output = clean_environment_detail::told(made);
        return error;
    }
    pip_ = {python(), "-m", "pip"};
    return {};
}

Result<InstallAnswer> CleanEnvironment::pip(std::vector<std::string> words, const std::string& purpose,
                                            bool needs_network) {
    std::vector<std::string> argv = pip_;
    for (const char* word : {"--disable-pip-version-check", "--no-input", "--no-color"}) argv.emplace_back(word);
    argv.insert(argv.end(), words.begin(), words.end());
    fetch::NetworkCommand wanted = command(std::move(argv), purpose);
    wanted.needs_network = needs_network;
    TRY(end, network_->run(wanted));
    InstallAnswer answer;
    answer.ok = end.succeeded();
    if (!answer.ok) answer.output = clean_environment_detail::told(end);
    return answer;
}

Result<InstallAnswer> CleanEnvironment::install(const std::string& what, Requirements requirements) {
    if (requirements == Requirements::Yes)
        return pip({"install", what}, "install the wheel and what it requires", true);
    return pip({"install", "--no-index", "--no-deps", what}, "install the wheel", false);
}

Result<InstallAnswer> CleanEnvironment::resolve(const std::string& what) {
    return pip({"install", "--dry-run", what}, "look for what the wheel requires", true);
}

Result<InstallAnswer> CleanEnvironment::check() { return pip({"check"}, "check what is installed", false); }

Result<std::vector<ImportAnswer>> CleanEnvironment::import_all(const std::vector<ImportTask>& tasks) {
    std::vector<ImportAnswer> answers(tasks.size());
    Json::Array rows;
    for (const ImportTask& task : tasks) {
        const char* kind = task.kind == ImportTask::Kind::Module ? "module" : "entry";
        rows.push_back(Json::strings({kind, task.name, task.wheel_path}));
    }
    TRY_VOID(platform::write_file_atomic(directory_ + "/imports.json", Json(rows).dump()));
    std::size_t next = 0;
    while (next < tasks.size()) {
        TRY(after, import_from(tasks, next, answers));
        next = after;
    }
    return answers;
}

// Gives the first task that was not begun.
Result<std::size_t> CleanEnvironment::import_from(const std::vector<ImportTask>& tasks, std::size_t begin,
                                                  std::vector<ImportAnswer>& answers) {
    TRY(end, network_->run(
                 command({python(), "-I", "-c", k_import_program, directory_ + "/imports.json", std::to_string(begin)},
                         "import the wheel's modules")));
    std::size_t done = begin;  // tasks before it have answers
    for (const std::string& line : split_lines(end.out)) {
        Result<Json> said = parse_json(line, "an import's answer");
        if (!said.ok() || said->find("end") == nullptr) continue;
        std::size_t index = static_cast<std::size_t>((*said)["end"].integer());
        if (index != done || index >= tasks.size()) continue;
        ImportAnswer& answer = answers[index];
        answer.error = (*said)["error"].string();
        answer.missing = (*said)["missing"].string();
        answer.ok = answer.error.empty();
        ++done;
    }
    if (done < tasks.size()) answers[done++].error = clean_environment_detail::how_it_ended(end);
    return done;
}

}  // namespace cermet::cli
