// `cermet pep517 HOOK`: the hooks of PEP 517 and PEP 660, as the shim asks for them (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
// One JSON object in on stdin, one out on stdout; everything else goes to stderr. prepare_metadata_* starts no compiler
// and needs none on the machine.
#include <cstdio>

#include "base/path.h"
#include "base/text.h"
#include "cli/archives.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/develop.h"
#include "languages/python/package.h"
#include "languages/python/wheel.h"
#include "platform/os.h"

namespace cermet::cli {
namespace pep517_detail {

std::string read_stdin() {
    std::string text;
    char buffer[1 << 16];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) text.append(buffer, n);
    return text;
}

int answer(const Json& result) {
    Json json;
    json.set("ok", true).set("result", result);
    print_line(json.dump());
    return 0;
}

int refuse(const Error& error) {
    Json json;
    json.set("ok", false).set("error", render(error));
    print_line(json.dump());
    return exit_code(error.kind);
}

// The directories of sys.path that can hold distributions: not the standard library, not the shim's own.
std::vector<std::string> search_path(const Json& path) {
    std::vector<std::string> found;
    for (const std::string& entry : path.string_list()) {
        std::string name(file_name(entry));
        bool standard = name.compare(0, 7, "python3") == 0 || name == "lib-dynload";
        if (!standard && platform::is_directory(entry)) found.push_back(entry);
    }
    return found;
}

Result<Json> prepare_metadata(Session& session, const std::string& directory) {
    TRY_VOID(session.start());
    TRY(package, session.run(python::LoadPackage()));
    std::string name = python::dist_info_name(package->project.name, package->project.version);
    for (const python::InfoFile& file : python::info_files(package->project)) {
        std::string path = join_path(directory, name + "/" + file.path);
        TRY_VOID(platform::make_directories(std::string(parent(path))));
        TRY_VOID(platform::write_file_atomic(path, file.bytes));
    }
    return Json(name);
}

Result<Json> make(Session& session, Listeners& listeners, ArchiveKind kind, const std::string& directory) {
    TRY(archive, make_archive(session, kind, listeners));
    TRY_VOID(deliver_archive(session, kind, archive, directory, listeners));
    return Json(archive.file_name);
}

Result<Json> run_hook(Session& session, Listeners& listeners, const std::string& hook, const Json& request) {
    const std::string& directory = request["directory"].string();
    if (hook.compare(0, 17, "prepare_metadata_") == 0) return prepare_metadata(session, directory);
    if (hook == "build_wheel") return make(session, listeners, ArchiveKind::Wheel, directory);
    if (hook == "build_sdist") return make(session, listeners, ArchiveKind::Sdist, directory);
    if (hook == "build_editable") {
        TRY_VOID(place_modules(session));
        return make(session, listeners, ArchiveKind::Editable, directory);
    }
    return usage_error(cat("unknown hook ", hook));
}

}  // namespace pep517_detail

int pep517_command(const Arguments& arguments) {
    std::string hook = arguments.hook;
    Result<Json> request = parse_json(pep517_detail::read_stdin(), "the hook's request");
    if (!request.ok()) return pep517_detail::refuse(request.error());
    if (hook.compare(0, 13, "get_requires_") == 0) return pep517_detail::answer(Json(Json::Array()));
    Listeners listeners(arguments);
    Arguments with = arguments;
    with.python = (*request)["python"].string();
    Result<std::vector<std::string>> options = options_of_settings((*request)["config_settings"]);
    if (!options.ok()) return pep517_detail::refuse(options.error());
    with.options.insert(with.options.end(), options->begin(), options->end());
    Result<SessionSettings> settings = settings_of(with, listeners);
    if (!settings.ok()) return pep517_detail::refuse(settings.error());
    settings->request.editable = hook == "build_editable";
    settings->request.search_path = pep517_detail::search_path((*request)["path"]);
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return pep517_detail::refuse(session.error());
    Result<Json> result = pep517_detail::run_hook(**session, listeners, hook, *request);
    if (!result.ok()) return pep517_detail::refuse(result.error());
    return pep517_detail::answer(*result);
}

}  // namespace cermet::cli
