// `cermet ide`: what editors and debuggers want to know, as files with the user's own paths.
// SPDX-License-Identifier: MIT
//
// compile_commands.json (clangd), rust-project.json (rust-analyzer), cermet.gdb and cermet.lldb (where /cermet/… lies).
// Made from the actions that the build submitted, so it says what is really run; nothing that compiled before runs again.
// A project that does not compile still gets the files, of what is known until then.
// Source: clang JSONCompilationDatabase, rust-analyzer "Non-Cargo based projects", gdb "Specifying Source Directories".
#include <algorithm>
#include <map>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/ide_json.h"
#include "cli/rust_workspace.h"
#include "languages/python/payload.h"
#include "platform/os.h"

namespace cermet::cli {
namespace ide_detail {

// Canonical texts as real ones: sources in the checkout, generated files where they lie in the cache.
class RealPaths : public RealText {
   public:
    explicit RealPaths(Session& session)
        : places_(session.executor().places()),
          checkout_(session.checkout().host),
          mirror_(session.root() + "/mirror") {}

    std::string text(std::string_view canonical) const override {
        return replace_all(places_.render_outside(canonical), mirror_, checkout_);
    }
    // Headers that steps write into the tree lie in the mirror of their directory.
    std::string also(std::string_view canonical) const override {
        if (!is_within(canonical, exec::k_ws)) return {};
        std::string mirrored = join_path(mirror_, relative_to(canonical, exec::k_ws));
        return platform::is_directory(mirrored) ? mirrored : std::string();
    }
    bool exists(const std::string& path) const override { return platform::exists(path); }

   private:
    const exec::Places& places_;
    std::string checkout_;
    std::string mirror_;
};

std::string gdb_text(const exec::Places& places, const RealPaths& real) {
    std::string text = "# Where the sources named in debug information lie: gdb -x cermet.gdb\n";
    for (const auto& [canonical, host] : places.all()) {
        if (canonical != exec::k_ws && is_within(canonical, exec::k_ws)) continue;  // mirrors
        text += cat("set substitute-path ", canonical, " ", real.text(canonical), "\n");
    }
    return text;
}

std::string lldb_text(const exec::Places& places, const RealPaths& real) {
    std::string text = "# Where the sources named in debug information lie: lldb -s cermet.lldb\n";
    for (const auto& [canonical, host] : places.all()) {
        if (canonical != exec::k_ws && is_within(canonical, exec::k_ws)) continue;
        text += cat("settings append target.source-map \"", canonical, "\" \"", real.text(canonical), "\"\n");
    }
    return text;
}

Status write(const std::string& path, const std::string& text) {
    TRY_VOID(platform::make_directories(std::string(parent(path))));
    TRY_VOID(platform::write_file_atomic(path, text));
    print_line(path);
    return {};
}

Status write_files(Session& session, const std::string& directory) {
    RealPaths real(session);
    std::vector<std::shared_ptr<const exec::Action>> actions = session.executor().seen_actions();
    Json compile = compile_commands(actions, real);
    Json rust = rust_project(actions, real);
    if (!compile.array().empty()) TRY_VOID(write(directory + "/compile_commands.json", compile.dump(2) + "\n"));
    if (!rust["crates"].array().empty()) TRY_VOID(write(directory + "/rust-project.json", rust.dump(2) + "\n"));
    const exec::Places& places = session.executor().places();
    TRY_VOID(write(directory + "/cermet.gdb", gdb_text(places, real)));
    return write(directory + "/cermet.lldb", lldb_text(places, real));
}

}  // namespace ide_detail

int ide_command(const Arguments& given) {
    Arguments arguments = given;
    Listeners listeners(arguments);
    std::optional<RustWorkspace> workspace;
    Result<SessionSettings> settings = settings_anywhere(arguments, listeners, workspace);
    if (!settings.ok()) return print_error(settings.error());
    settings->keep_going = true;
    Result<std::unique_ptr<Session>> session = start_session(*settings);
    if (!session.ok()) return print_error(session.error());
    // Everything that has a place in those files is built, or at least asked for.
    Status built = run_anywhere(**session, arguments, workspace, python::CollectPayload());
    std::string project = workspace ? workspace->root : (*session)->request_directory();
    std::string directory =
        arguments.out_dir.empty() ? project : join_path(platform::current_directory(), arguments.out_dir);
    Status written = ide_detail::write_files(**session, directory);
    if (!written.ok()) return print_error(written.error());
    if (!built.ok()) return print_failures(**session, built.error());
    return 0;
}

}  // namespace cermet::cli
