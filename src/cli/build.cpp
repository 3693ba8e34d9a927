// `cermet build`, `cermet sdist`: the wheel, the sdist, or single targets, into a directory of the user's.
// SPDX-License-Identifier: MIT
#include <optional>

#include "cli/archives.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/rust_workspace.h"
#include "cli/targets.h"

#include "base/path.h"
#include "base/text.h"
#include "languages/python/distribution.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "platform/os.h"

namespace cermet::cli {
namespace build_detail {

std::string out_directory(const Arguments& arguments, const Session& session) {
    if (arguments.out_dir.empty() || arguments.out_dir == "dist") return join_path(session.request_directory(), "dist");
    return join_path(platform::current_directory(), arguments.out_dir);
}

Result<std::vector<exec::Input>> build_one(Session& session, const std::string& target) {
    std::vector<exec::Input> files;
    if (target.compare(0, 5, "tool:") == 0) {
        TRY(program, session.run(python::BuildProgram(target.substr(5))));
        files.push_back(program.file);
        files.back().path = program.name;  // rustc's name for it tells it from others of that name
        files.insert(files.end(), program.libraries.begin(), program.libraries.end());  // it looks beside itself
        return files;
    }
    if (contains(target, ":")) {
        TRY(provided, session.run(python::ProvideUse(target, Where())));
        files = provided.archives;
        for (const auto* libraries : {&provided.shared_libraries, &provided.needed_libraries}) {
            files.insert(files.end(), libraries->begin(), libraries->end());
        }
        files.insert(files.end(), provided.inputs.begin(), provided.inputs.end());
        return files;
    }
    TRY(config, session.run(python::LoadConfig()));
    if (config->find_executable(target) != nullptr) return build_one(session, "tool:" + target);
    if (config->find_rust_library(target) != nullptr) return build_one(session, "rust:" + target);
    if (config->find_c_library(target) != nullptr) return build_one(session, "c:" + target);
    if (config->find_generate(target) != nullptr) return build_one(session, "generate:" + target);
    TRY(module, session.run(python::BuildModule(target)));
    exec::Input file = module.file;
    file.path = module.wheel_path;  // delivered under the name that Python imports
    files.push_back(file);
    return files;
}

Json answer_of(const std::vector<exec::Input>& files) {
    Json::Array all;
    for (const exec::Input& file : files) {
        Json one;
        one.set("path", file.path).set("digest", file.digest.text());
        one.set("executable", file.kind == exec::InputKind::Executable);
        all.push_back(std::move(one));
    }
    return Json(std::move(all));
}

// nullopt when the answer is damaged or its bytes are gone: it is built again then.
std::optional<std::vector<exec::Input>> files_of(const Json& answer, store::Store& store) {
    std::vector<exec::Input> files;
    for (const Json& one : answer.array()) {
        exec::Input file(one["path"].string(), Digest());
        if (one["executable"].boolean()) file.kind = exec::InputKind::Executable;
        if (!Digest::parse(one["digest"].string(), file.digest) || !store.has(file.digest)) return std::nullopt;
        files.push_back(std::move(file));
    }
    return files;
}

std::string key_of(const Session& session, const std::vector<std::string>& targets) {
    return request_key(cat("build ", join(targets, " ")), session.settings(), session.checkout());
}

// Every target's files as the last build left them; nullopt: something changed, or was lost.
std::optional<std::vector<exec::Input>> find_files(Session& session, const std::vector<std::string>& targets) {
    Remembered remembered = find_remembered(session, key_of(session, targets));
    return remembered.holds ? files_of(remembered.answer, session.store()) : std::nullopt;
}

Result<std::vector<exec::Input>> build_files(Session& session, const std::vector<std::string>& targets) {
    TRY_VOID(session.start());
    std::vector<exec::Input> files;
    for (const std::string& target : targets) {
        TRY(some, build_one(session, target));
        files.insert(files.end(), some.begin(), some.end());
    }
    TRY_VOID(session.executor().save_request(key_of(session, targets), answer_of(files).dump()));
    return files;
}

Result<std::vector<std::string>> deliver_files(Session& session, const std::vector<exec::Input>& files,
                                               const std::string& directory) {
    std::vector<std::string> paths;
    for (const exec::Input& file : files) {
        paths.push_back(join_path(directory, file_name(file.path)));
        TRY_VOID(session.deliver(file, paths.back(), file.kind == exec::InputKind::Executable ? 0755 : 0644));
    }
    return paths;
}

// The null build first; remembered files whose bytes are lost are built again.
int build_targets(Session& session, const Arguments& arguments) {
    const std::string directory = out_directory(arguments, session);
    std::optional<std::vector<exec::Input>> known = find_files(session, arguments.targets);
    Result<std::vector<std::string>> paths = project_error("nothing is remembered");
    if (known) paths = deliver_files(session, *known, directory);
    if (!paths.ok()) {
        Result<std::vector<exec::Input>> files = build_files(session, arguments.targets);
        if (!files.ok()) return print_failures(session, files.error());
        paths = deliver_files(session, *files, directory);
    }
    if (!paths.ok()) return print_error(paths.error());
    for (const std::string& path : *paths) print_line(path);
    return print_checked(session);
}

int build_archive(const Arguments& arguments, ArchiveKind kind) {
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    Result<Archive> archive = make_archive(**session, kind);
    if (!archive.ok()) return print_failures(**session, archive.error());
    Result<std::string> path = deliver_archive(**session, kind, *archive, out_directory(arguments, **session));
    if (!path.ok()) return print_failures(**session, path.error());
    print_line(cat(archive->remembered ? "up to date: " : "built ", *path));
    return print_checked(**session);
}

}  // namespace build_detail

Result<std::vector<exec::Input>> build_target(Session& session, const std::string& target) {
    return build_detail::build_one(session, target);
}

int build_command(const Arguments& given) {
    Arguments arguments = given;
#ifndef CERMET_STAGE0
    Result<std::optional<RustWorkspace>> workspace = find_rust_workspace(arguments);
    if (!workspace.ok()) return print_error(workspace.error());
    if (workspace->has_value()) return build_rust_workspace(arguments, **workspace);
    Status fits = without_cargo_options(arguments);
    if (!fits.ok()) return print_error(fits.error());
#endif
    if (arguments.targets.empty()) return build_detail::build_archive(arguments, ArchiveKind::Wheel);
    Listeners listeners(arguments);
    Result<SessionSettings> settings = settings_of(arguments, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    return build_detail::build_targets(**session, arguments);
}

int sdist_command(const Arguments& arguments) { return build_detail::build_archive(arguments, ArchiveKind::Sdist); }

}  // namespace cermet::cli
