// `cermet develop`: an editable checkout whose compiled modules are up to date.
// SPDX-License-Identifier: MIT
#include "cli/develop.h"

#include "base/json.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/archives.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "languages/python/package.h"
#include "languages/python/payload.h"
#include "platform/os.h"

namespace cermet::cli {
namespace develop_detail {

std::string record_file(const Session& session) { return join_path(session.root(), "develop.json"); }

std::vector<std::string> placed_before(const Session& session) {
    std::string text = platform::find_file_bytes(record_file(session)).value_or("{}");
    Result<Json> record = parse_json(text, "develop.json");
    return record.ok() ? (*record)["placed"].string_list() : std::vector<std::string>();
}

// The source tree's path of a file of the wheel: "rustybt/lib/x.so" -> "src/rustybt/lib/x.so".
std::string tree_path(const python::Discovery& discovery, const std::string& wheel_path) {
    return discovery.source_root.empty() ? wheel_path : discovery.source_root + "/" + wheel_path;
}

Status place(Session& session, const exec::Input& file, const std::string& relative, std::vector<std::string>& placed) {
    std::string path = join_path(session.request_directory(), relative);
    TRY_VOID(session.deliver(file, path, 0755));
    placed.push_back(path);
    return {};
}

}  // namespace develop_detail

Result<std::vector<std::string>> place_modules(Session& session) {
    TRY_VOID(require_sources(session));
    TRY(modules, session.run(python::BuildModules()));
    TRY(layout, session.run(python::FindLayout()));
    TRY(config, session.run(python::LoadConfig()));
    TRY(package, session.run(python::LoadPackage()));
    std::vector<std::string> placed;
    for (const python::BuiltModule& module : modules) {
        TRY_VOID(develop_detail::place(session, module.file,
                                       develop_detail::tree_path(layout->discovery, module.wheel_path), placed));
    }
    TRY(libraries, session.run(python::BuildLibraries()));
    for (const python::BuiltLibrary& library : libraries) {
        TRY_VOID(develop_detail::place(session, library.file,
                                       develop_detail::tree_path(layout->discovery, library.wheel_path), placed));
    }
    if (!config->version.write->empty()) {
        TRY_VOID(platform::write_file_atomic(join_path(session.request_directory(), *config->version.write),
                                             python::version_file_text(package->project.version)));
    }
    for (const std::string& old : develop_detail::placed_before(session)) {
        bool kept = contains(placed, old);
        if (!kept) TRY_VOID(platform::remove_file(old));
    }
    Json record;
    record.set("placed", Json::strings(placed));
    TRY_VOID(platform::write_file_atomic(develop_detail::record_file(session), record.dump()));
    return placed;
}

int develop_command(const Arguments& arguments) {
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    settings->request.editable = true;
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    Result<std::vector<std::string>> placed = place_modules(**session);
    if (!placed.ok()) return print_failures(**session, placed.error());
    print_line(cat(placed->size(), " files are in place"));
    return 0;
}

}  // namespace cermet::cli
