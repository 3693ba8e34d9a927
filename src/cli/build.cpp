// `cermet build`, `cermet sdist`: the wheel, the sdist, or single targets, into a directory of the user's.
// SPDX-License-Identifier: MIT
#include <optional>

#include "cli/archives.h"
#include "cli/built.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/rust_workspace.h"

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::cli {
namespace build_detail {

std::string out_directory(const Arguments& arguments, const Session& session) {
    if (arguments.out_dir.empty() || arguments.out_dir == "dist") return join_path(session.request_directory(), "dist");
    return join_path(platform::current_directory(), arguments.out_dir);
}

// A project without a Python package has targets and no wheel.
bool builds_wheel(const Arguments& arguments, const Session& session) {
    if (!arguments.targets.empty()) return false;
    const std::string& project = session.request_directory();
    return platform::is_file(join_path(project, "pyproject.toml")) ||
           !platform::is_file(join_path(project, "cermet.toml"));
}

void show(const Arguments& arguments, Session& session, const Built& built, const std::vector<std::string>& paths) {
    if (arguments.json) {
        print_line(listing(session, built, out_directory(arguments, session)).dump(2));
        return;
    }
    for (const std::string& path : paths) print_line(path);
}

// The null build first; remembered files whose bytes are lost are built again.
int build_targets(Session& session, const Arguments& arguments, Listeners& listeners) {
    const std::string directory = out_directory(arguments, session);
    const std::string key = request_key(session, cat("targets ", join(arguments.targets, " ")));
    if (std::optional<Built> known = remembered_targets(session, key)) {
        Result<std::vector<std::string>> paths = deliver_targets(session, *known, directory);
        if (paths.ok()) {
            say_again(listeners.console(), known->said);
            show(arguments, session, *known, *paths);
            return 0;
        }
    }
    Result<Built> built = cli::build_targets(session, arguments.targets, listeners.kept(), key);
    if (!built.ok()) return print_failures(session, built.error());
    Result<std::vector<std::string>> paths = deliver_targets(session, *built, directory);
    if (!paths.ok()) return print_error(paths.error());
    show(arguments, session, *built, *paths);
    return print_checked(session);
}

int build_archive(const Arguments& arguments, Session& session, ArchiveKind kind, Listeners& listeners) {
    // Before the build: a directory in the project is in its listing, by which the next build knows that nothing changed.
    const std::string directory = out_directory(arguments, session);
    Status made = platform::make_directories(directory);
    if (!made.ok()) return print_error(made.error());
    Result<Archive> archive = make_archive(session, kind, listeners);
    if (!archive.ok()) return print_failures(session, archive.error());
    Result<std::string> path = deliver_archive(session, kind, *archive, directory, listeners);
    if (!path.ok()) return print_failures(session, path.error());
    if (arguments.json) {
        print_line(listing(kind == ArchiveKind::Sdist ? "sdist" : "wheel", *path).dump(2));
    } else {
        print_line(cat(archive->remembered ? "up to date: " : "built ", *path));
    }
    return print_checked(session);
}

}  // namespace build_detail

int build_command(const Arguments& given) {
    Arguments arguments = given;
#ifndef CERMET_STAGE0
    Result<std::optional<RustWorkspace>> workspace = find_rust_workspace(arguments);
    if (!workspace.ok()) return print_error(workspace.error());
    if (workspace->has_value() && arguments.json) {
        return print_error(usage_error("--json lists what targets of a configuration give; a Rust workspace has none"));
    }
    if (workspace->has_value()) return build_rust_workspace(arguments, **workspace);
    Status fits = without_cargo_options(arguments);
    if (!fits.ok()) return print_error(fits.error());
#endif
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    if (build_detail::builds_wheel(arguments, **session)) {
        return build_detail::build_archive(arguments, **session, ArchiveKind::Wheel, listeners);
    }
    return build_detail::build_targets(**session, arguments, listeners);
}

int sdist_command(const Arguments& arguments) {
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    return build_detail::build_archive(arguments, **session, ArchiveKind::Sdist, listeners);
}

}  // namespace cermet::cli
