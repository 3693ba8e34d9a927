// What commands share: settings, listeners, remembered requests, errors in the user's terms.
// SPDX-License-Identifier: MIT
#include "cli/common.h"

#include <cstdio>
#include <set>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/environment.h"
#include "fetch/network.h"
#include "languages/python/environment.h"
#include "platform/os.h"
#include "platform/triple.h"

namespace cermet::cli {
namespace common_detail {

report::ConsoleSettings console_settings(const Arguments& arguments) {
    report::ConsoleSettings settings = report::console_settings_of_environment();
    if (arguments.quiet) settings.verbosity = report::Verbosity::Quiet;
    if (arguments.verbose > 0) settings.verbosity = report::Verbosity::Verbose;
    if (arguments.verbose > 1) settings.verbosity = report::Verbosity::Commands;
    return settings;
}

// Facts of the build environment as they are now.
class Facts : public exec::FactSource {
   public:
    Facts(store::Store& store, const python::BuildRequest& request) : store_(store), request_(request) {
        search_path_ = request.search_path.empty() ? python::site_directories(request.python) : request.search_path;
    }
    std::optional<std::string> fact(const std::string& name) override {
        if (name == "python") return python::python_fact(store_, request_.python).value_or("absent");
        if (name.compare(0, 5, "dist:") == 0) {
            return python::distribution_fact(store_, search_path_, name.substr(5)).value_or("absent");
        }
        return std::nullopt;
    }

   private:
    store::Store& store_;
    const python::BuildRequest& request_;
    std::vector<std::string> search_path_;
};

bool is_script(const std::string& path) {
    Result<platform::MappedFile> file = platform::MappedFile::open(path);
    return file.ok() && file->bytes().substr(0, 2) == "#!";
}

// A script that chooses an interpreter (a shim of pyenv or asdf) does so by the user's HOME, PATH and directory, which
// steps do not see: it is asked here which one that is.
Result<std::string> interpreter_behind(const std::string& script, const std::string& directory) {
    TRY(helper, fetch::NetworkHelper::start());
    fetch::NetworkCommand command;
    command.argv = {script, "-I", "-S", "-c", "import sys; print(sys.executable)"};
    command.cwd = directory;
    command.purpose = cat("ask ", script, " for its interpreter");
    command.needs_network = false;
    TRY(end, helper->run(command));
    std::string named(trim(end.out));
    if (end.succeeded() && is_absolute(named) && platform::is_file(named) && !is_script(named)) return named;
    Error error =
        environment_error(cat(script, " is a script, and it does not start a Python here"),
                          "name the interpreter itself with --python, for example one of a virtual environment");
    error.output = std::string(trim(cat(end.err, end.out)));
    return error;
}

}  // namespace common_detail

Listeners::Listeners(const Arguments& arguments)
    : trace_file_(arguments.trace),
      console_(common_detail::console_settings(arguments)),
      fan_({&console_, &trace_, &why_, &kept_}) {}

Listeners::~Listeners() {
    if (trace_file_.empty()) return;
    Status written = platform::write_file_atomic(trace_file_, trace_.json());
    if (!written.ok()) print_error(written.error());
}

Result<std::string> choose_python(const std::string& wanted) {
    std::string path = platform::environment("PATH").value_or("");
    std::string name = wanted;
    if (name.empty()) {
        std::optional<std::string> active = platform::environment("VIRTUAL_ENV");
        if (active && platform::is_file(join_path(*active, "bin/python"))) return join_path(*active, "bin/python");
        name = "python3";
    }
    if (contains(name, "/")) {
        std::string absolute = join_path(platform::current_directory(), name);
        if (!platform::is_file(absolute)) return usage_error(cat("--python names ", name, ", which does not exist"));
        return absolute;
    }
    if (!name.empty() && name[0] >= '0' && name[0] <= '9') name = "python" + name;
    std::optional<std::string> found = platform::find_program(name, path);
    if (found) return *found;
    if (wanted.empty()) return std::string();
    return usage_error(cat("--python names ", wanted, ", and there is no such program on PATH"));
}

namespace common_detail {

Status choose_interpreter(const Arguments& arguments, SessionSettings& settings) {
    TRY(python, choose_python(arguments.python));
    settings.request.python = python;
    if (!is_script(python)) return {};
    Result<std::string> interpreter = interpreter_behind(python, settings.directory);
    if (!interpreter.ok() && !arguments.python.empty()) return interpreter.error();
    if (interpreter.ok()) settings.request.python = *interpreter;
    return {};
}

}  // namespace common_detail

Result<SessionSettings> settings_of(const Arguments& arguments, Listeners& listeners, NeedPython python) {
    SessionSettings settings;
    settings.directory = join_path(platform::current_directory(), arguments.directory);
    settings.jobs = arguments.jobs;
    settings.memory = arguments.memory;
    settings.check = arguments.check;
    settings.keep_going = arguments.keep_going;
    settings.use_workers = arguments.workers;
    settings.verbose = arguments.verbose > 0;
    settings.commands = arguments.verbose > 1;
    if (arguments.mode == Mode::Plain) settings.mode = exec::RootMode::Plain;
    if (arguments.mode == Mode::Mount) settings.mode = exec::RootMode::Mount;
    settings.events = listeners.sink();
    settings.console = &listeners.console();
    if (python == NeedPython::Yes) TRY_VOID(common_detail::choose_interpreter(arguments, settings));
    settings.request.profile = arguments.profile;
    settings.request.offline = arguments.offline;
    settings.request.locked = arguments.locked;
    settings.request.frozen = arguments.frozen;
    settings.request.source_date_epoch = platform::environment("SOURCE_DATE_EPOCH").value_or("");
    settings.request.generator = cat("cermet ", k_version);
    settings.request.overrides.command_line = arguments.options;
    if (!arguments.target.empty() && python == NeedPython::Yes) {
        settings.request.overrides.command_line.push_back("target=" + arguments.target);
    }
    if (!arguments.overrides.empty()) {
        const std::string file = join_path(platform::current_directory(), arguments.overrides);
        settings.request.overrides.file = platform::real_path(file).value_or(file);
    }
    for (const std::string& name : platform::environment_names()) {
        if (name.compare(0, 7, "CERMET_") != 0) continue;
        settings.request.overrides.environment.emplace_back(name, platform::environment(name).value_or(""));
    }
    return settings;
}

Error for_people(const exec::Executor& executor, Error error) {
    for (std::string* text : {&error.message, &error.where.file, &error.output, &error.hint}) {
        if (!text->empty()) *text = executor.for_people(*text);
    }
    for (std::string& reason : error.because) reason = executor.for_people(reason);
    return error;
}

int print_error(const Error& error) {
    std::string text = render(error);
    if (!report::console_settings_of_environment().colour) text = report::strip_ansi(text);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return exit_code(error.kind);
}

int print_failures(const Session& session, const Error& error) {
    const std::vector<Error> failures = session.failures();
    if (failures.size() < 2) return print_error(error);
    std::set<std::string> shown;  // several keys may fail for one reason
    for (const Error& failure : failures) {
        if (shown.insert(render(failure)).second) print_error(failure);
    }
    return exit_code(error.kind);
}

int print_checked(Session& session) {
    if (session.settings().check == 0) return 0;
    const exec::ExecutorCounts counts = session.executor().counts();
    if (counts.unstable == 0) return 0;
    return print_error(step_error(
        cat(counts.unstable, " of ", counts.checked, " checked steps gave other bytes when they ran again"),
        "what was built is of the first results; a time, a random number or an order of files is the usual cause"));
}

void print_line(const std::string& text) {
    std::string line = text + "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
}

std::string request_key(Session& session, const std::string& command) {
    ByteWriter out;
    out.string(command);
    out.string(session.checkout().host);
    out.string(session.checkout().directory);
    const Result<Digest> program = session.store().file_digest(platform::own_executable());
    if (program.ok()) out.string(program->hex());
    const python::BuildRequest& request = session.settings().request;
    out.string(request.profile);
    out.string(request.source_date_epoch);
    out.string(request.generator);
    // A front end's environment is new each time; what counts of it are the facts that the build asked for.
    if (request.search_path.empty()) out.string(request.python);
    for (const std::string& setting : request.overrides.command_line) out.string(setting);
    for (const auto& [name, value] : request.overrides.environment) {
        if (name == "CERMET_CACHE") continue;
        out.string(name);
        out.string(value);
    }
    out.string(request.overrides.file);
    if (!request.overrides.file.empty()) {
        out.string(platform::find_file_bytes(request.overrides.file).value_or(""));
    }
    return cat(command, " ", digest_of(out.bytes()).hex());
}

Result<std::unique_ptr<Session>> start_session(const SessionSettings& settings) {
    TRY(session, Session::open(settings));
    TRY_VOID(session->start());
    return std::move(session);
}

Remembered find_remembered(Session& session, const std::string& key) {
    Remembered found;
    if (session.settings().check > 0) return found;
    common_detail::Facts facts(session.store(), session.request());
    exec::RequestCheck check =
        exec::Executor::check_request(session.store(), session.root(), key, exec::user_environment(), &facts);
    found.difference = check.difference;
    if (!check.known || !check.holds) return found;
    Result<Json> answer = parse_json(check.answer, "a remembered answer");
    if (!answer.ok()) return found;
    found.answer = *answer;
    found.holds = true;
    return found;
}

}  // namespace cermet::cli
