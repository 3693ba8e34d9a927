// Workspaces of a project, fetched: see fetched.h.
// SPDX-License-Identifier: MIT
#include "cli/fetched.h"

#include <algorithm>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/checkout.h"
#include "cli/rust_workspace.h"
#include "options/config.h"
#include "platform/os.h"

namespace cermet::cli {
namespace fetched_detail {

void add_crate(std::vector<std::string>& manifests, const std::string& project, const std::string& crate) {
    std::string manifest = join_path(project, "Cargo.toml");
    if (contains(crate, "/") || crate == ".") {
        manifest = join_path(project, crate);
        if (extension(manifest) != ".toml") manifest = join_path(manifest, "Cargo.toml");
    } else if (!platform::is_file(manifest)) {
        manifest = join_path(project, "rust/Cargo.toml");
    }
    if (std::find(manifests.begin(), manifests.end(), manifest) == manifests.end()) manifests.push_back(manifest);
}

std::vector<std::string> of_tables(const options::Config& config, const std::string& project) {
    if (!config.cargo.manifest_path->empty()) return {join_path(project, *config.cargo.manifest_path)};
    std::vector<std::string> manifests;
    for (const options::RustModule& table : config.rust_modules) add_crate(manifests, project, *table.crate);
    for (const options::RustLibrary& table : config.rust_libraries) {
        for (const std::string& crate : *table.crates) add_crate(manifests, project, crate);
    }
    for (const options::Executable& table : config.executables) {
        if (!table.crate->empty()) add_crate(manifests, project, *table.crate);
    }
    return manifests;
}

Result<std::vector<std::string>> manifests_of(const Arguments& arguments, const options::Config& config,
                                              const std::string& project) {
    if (!arguments.fetch_manifest.empty()) {
        const std::string manifest = join_path(platform::current_directory(), arguments.fetch_manifest);
        if (platform::is_file(manifest)) return std::vector<std::string>{manifest};
        return usage_error(cat("there is no ", manifest));
    }
    const std::vector<std::string> named = of_tables(config, project);
    if (!named.empty()) return named;
    const std::string nearest = nearest_manifest(project);
    if (!nearest.empty()) return std::vector<std::string>{nearest};
    return usage_error(cat("there is no Cargo.toml in ", project, " or above it, and no table names a crate"),
                       "say which with --manifest-path");
}

Result<std::vector<rust::FetchedWorkspace>> fetch_all(Session& session, const Arguments& arguments,
                                                      rust::Replacements replacements) {
    const std::string& project = session.request_directory();
    HostFiles files;
    options::Config config;
    const bool configured =
        platform::is_file(join_path(project, "pyproject.toml")) || platform::is_file(join_path(project, "cermet.toml"));
    if (configured) {
        TRY(loaded, options::load_config(files, project, session.settings().request.overrides));
        config = loaded;
    }
    TRY(manifests, manifests_of(arguments, config, project));
    std::vector<rust::FetchedWorkspace> all;
    for (const std::string& manifest : manifests) {
        rust::FetchRequest request;
        request.manifest = manifest;
        request.replacements = replacements;
        if (!config.cargo.lock_file->empty()) request.settings.lock_file = join_path(project, *config.cargo.lock_file);
        request.settings.locked = arguments.locked || *config.cargo.locked;
        request.settings.offline = arguments.offline || *config.cargo.offline;
        request.settings.frozen = arguments.frozen;
        TRY(fetched, rust::fetch_workspace(session.executor(), session.network(), request));
        const bool known = std::any_of(all.begin(), all.end(), [&](const rust::FetchedWorkspace& one) {
            return one.root_manifest == fetched.root_manifest;
        });
        if (!known) all.push_back(fetched);
    }
    return all;
}

}  // namespace fetched_detail

Result<std::unique_ptr<Session>> open_for_fetching(const Arguments& arguments, Listeners& listeners) {
    TRY(settings, settings_of(arguments, listeners));
    settings.mode = exec::RootMode::Plain;
    TRY(session, Session::open(settings));
    TRY_VOID(session->start());
    return std::move(session);
}

Result<std::vector<rust::FetchedWorkspace>> fetch_workspaces(Session& session, const Arguments& arguments,
                                                             rust::Replacements replacements) {
    engine::EventSink* events = session.settings().events;
    engine::emit(events, engine::BuildStarted{"fetch", monotonic_us()});
    Result<std::vector<rust::FetchedWorkspace>> fetched = fetched_detail::fetch_all(session, arguments, replacements);
    engine::BuildFinished finished;
    finished.ok = true;  // an error is printed by the command, and nothing ran that could be counted
    finished.time_us = monotonic_us();
    engine::emit(events, finished);
    if (!fetched.ok()) return for_people(session.executor(), std::move(fetched).error());
    return fetched;
}

}  // namespace cermet::cli
