// `cermet audit --observe`: a build whose scripts are watched, and the declarations that would make it hermetic.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "cli/commands.h"
#include "cli/declarations.h"
#include "cli/observer.h"

#include "base/path.h"
#include "base/text.h"
#include "exec/environment.h"
#include "exec/sandbox.h"
#include "languages/python/package.h"
#include "platform/os.h"

namespace cermet::cli {
namespace observe_audit_detail {

// Relative to the document's directory where that is inside the checkout, as the path is.
class DocumentPaths : public PathWriter {
   public:
    DocumentPaths(const Session& session, exec::Executor& executor, std::string directory)
        : checkout_(session.checkout().host), executor_(executor), directory_(std::move(directory)) {}
    std::string written(const std::string& canonical) const override {
        const std::string real = real_of(canonical);
        const bool near = is_within(real, checkout_) && is_within(directory_, checkout_);
        return near ? relative_to(real, directory_) : real;
    }
    bool holds_files(const std::string& canonical) const override {
        const std::string real = real_of(canonical);
        Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory(real);
        return entries.ok() &&
               std::any_of(entries->begin(), entries->end(), [&](const platform::DirectoryEntry& entry) {
                   return platform::is_file(join_path(real, entry.name));
               });
    }

   private:
    // In the checkout itself, also where a mirror stands over it.
    std::string real_of(const std::string& canonical) const {
        if (!is_within(canonical, exec::k_ws)) return executor_.places().host_outside(canonical);
        return join_path(checkout_, relative_to(canonical, exec::k_ws));
    }

    std::string checkout_;
    exec::Executor& executor_;
    std::string directory_;
};

void print_script(const MissingDeclarations& missing, const PathWriter& paths) {
    print_line(join({missing.consumers.begin(), missing.consumers.end()}, ", "));
    for (const std::string& file : missing.files) print_line(cat("    reads ", paths.written(file)));
    for (const std::string& directory : missing.directories) print_line(cat("    lists ", paths.written(directory)));
    std::vector<std::string> of_tools;
    for (const auto& [name, variable] : missing.variables) {
        if (!variable.own && !variable.set) {
            of_tools.push_back(name);
            continue;
        }
        print_line(cat("    looks for ", name, variable.own ? "" : " (" + *variable.programs.begin() + ")",
                       variable.set ? ": set, and not given" : ": not set"));
    }
    if (!of_tools.empty()) print_line(cat("    it or its tools look for ", join(of_tools, " "), ": not set"));
    for (const std::string& host : missing.hosts) print_line(cat("    asks for the address of ", host));
    for (const std::string& address : missing.addresses) print_line(cat("    tries to reach ", address));
}

struct Answer {
    std::vector<MissingDeclarations> missing;
    std::size_t scripts = 0;
    std::string toml;
};

Result<Answer> answer_of(Session& session, const PathWriter& paths) {
    TRY(config, session.ask(python::LoadConfig()));
    const std::vector<exec::Observation> seen = session.executor().observations();
    Answer answer;
    answer.scripts = seen.size();
    answer.missing = missing_declarations(seen, *config, exec::user_environment());
    answer.toml = declarations_toml(answer.missing, *config, paths);
    return answer;
}

void print(const Answer& answer, const PathWriter& paths, bool json) {
    if (json) {
        Json out;
        out.set("version", 1).set("scripts-run", static_cast<std::uint64_t>(answer.scripts));
        out.set("scripts", declarations_json(answer.missing, paths)).set("toml", answer.toml);
        print_line(out.dump(2));
        return;
    }
    for (const MissingDeclarations& missing : answer.missing) print_script(missing, paths);
    print_line(cat(answer.scripts, " runs of scripts observed; of ", answer.missing.size(),
                   answer.missing.size() == 1 ? " table" : " tables", " something is not declared"));
    if (!answer.missing.empty()) print_line(cat("\n", trim(answer.toml)));
}

int observe(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace) {
    const std::string file =
        arguments.write_file.empty() ? "" : join_path(platform::current_directory(), arguments.write_file);
    Status built = build_observed(session, arguments, workspace);
    const DocumentPaths paths(session, session.executor(),
                              file.empty() ? session.request_directory() : std::string(parent(file)));
    Result<Answer> answer = answer_of(session, paths);
    if (!answer.ok()) return print_failures(session, built.ok() ? answer.error() : built.error());
    print(*answer, paths, arguments.json);
    if (!file.empty()) {
        const Status written = platform::write_file_atomic(file, answer->toml);
        if (!written.ok()) return print_error(written.error());
    }
    return built.ok() ? 0 : print_failures(session, built.error());
}

}  // namespace observe_audit_detail

int observe_audit(const Arguments& given) {
    Arguments arguments = given;
    arguments.cargo.manifest_path = arguments.fetch_manifest;
    Listeners listeners(arguments);
    std::optional<RustWorkspace> workspace;
    Result<SessionSettings> settings = settings_anywhere(arguments, listeners, workspace);
    if (!settings.ok()) return print_error(settings.error());
    settings->observe = true;
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    Status started = (*session)->start();
    if (!started.ok()) return print_error(started.error());
    return observe_audit_detail::observe(**session, arguments, workspace);
}

}  // namespace cermet::cli
