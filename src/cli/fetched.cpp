// Workspaces of a project, fetched: see fetched.h.
// SPDX-License-Identifier: MIT
#include "cli/fetched.h"

#include <algorithm>

#include "base/clock.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/checkout.h"
#include "cli/rust_workspace.h"
#include "fetch/declared.h"
#include "languages/rust/rules/list_sources.h"
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
    add_once(manifests, manifest);
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

Result<std::vector<std::string>> manifests_of(const Arguments& arguments, const ProjectSources& sources,
                                              const std::string& project, Search search) {
    if (!arguments.fetch_manifest.empty()) {
        const std::string manifest = join_path(platform::current_directory(), arguments.fetch_manifest);
        if (platform::is_file(manifest)) return std::vector<std::string>{manifest};
        return usage_error(cat("there is no ", manifest));
    }
    if (sources.config) {
        const std::vector<std::string> named = of_tables(*sources.config, project);
        if (!named.empty() || search == Search::Tables) return named;
    }
    const std::string nearest = nearest_manifest(project);
    if (!nearest.empty()) return std::vector<std::string>{nearest};
    if (!sources.downloads.empty()) return std::vector<std::string>();
    return usage_error(cat("there is no Cargo.toml in ", project, " or above it, and no table names a crate"),
                       "say which with --manifest-path");
}

rust::FetchRequest request_for(const Arguments& arguments, const options::Config& config, const std::string& project,
                               const std::string& manifest) {
    rust::FetchRequest request;
    request.manifest = manifest;
    if (!config.cargo.lock_file->empty()) request.settings.lock_file = join_path(project, *config.cargo.lock_file);
    request.settings.locked = arguments.locked || *config.cargo.locked;
    request.settings.offline = arguments.offline || *config.cargo.offline;
    request.settings.frozen = arguments.frozen;
    return request;
}

Status bring_downloads(Session& session, Fetched& fetched) {
    std::vector<fetch::PinnedFile> missing;
    for (const fetch::PinnedFile& file : fetched.downloads) {
        TRY(known, session.downloads().at_hand(file));
        if (!known) missing.push_back(file);
    }
    fetched.brought = missing.size();
    std::vector<std::string> failed;
    std::optional<Error> first;
    const std::vector<Result<fetch::PlacedFile>> brought = session.downloads().bring(missing);
    for (std::size_t i = 0; i < brought.size(); ++i) {
        if (brought[i].ok()) continue;
        failed.push_back(missing[i].shown());
        if (!first) first = brought[i].error();
    }
    if (failed.size() > 1) return std::move(*first).note(cat(failed.size(), " downloads failed: ", join(failed, ", ")));
    if (first) return std::move(*first);
    for (const fetch::PinnedFile& file : fetched.downloads) {
        TRY(placed, session.downloads().at_hand(file));
        if (!placed) return environment_error(cat("the cache lost ", file.shown(), " as it was put there"));
        fetched.files.push_back(*placed);
    }
    return {};
}

// Two crates may declare the same bytes.
void add_download(const fetch::PinnedFile& file, std::vector<fetch::PinnedFile>& all) {
    const bool known = std::any_of(all.begin(), all.end(), [&](const fetch::PinnedFile& one) {
        return one.sha256 == file.sha256 && one.url == file.url;
    });
    if (!known) all.push_back(file);
}

Result<Fetched> fetch_all(Session& session, const Arguments& arguments, rust::Replacements replacements) {
    TRY(sources, sources_of(session, arguments, replacements, Search::Nearest));
    if (arguments.offline) {
        TRY(ledger, list_external(session, sources));
        TRY_VOID(all_here(ledger));
    }
    Fetched all;
    all.downloads = sources.downloads;
    for (const rust::FetchRequest& request : sources.workspaces) {
        TRY(fetched, rust::fetch_workspace(session.executor(), session.network(), request));
        const bool known =
            std::any_of(all.workspaces.begin(), all.workspaces.end(),
                        [&](const rust::FetchedWorkspace& one) { return one.root_manifest == fetched.root_manifest; });
        if (!known) all.workspaces.push_back(fetched);
        TRY(listed, rust::list_sources(session.executor(), session.network(), request));
        for (const rust::CrateDownload& one : listed.downloads) add_download(one.file, all.downloads);
    }
    TRY_VOID(bring_downloads(session, all));
    return all;
}

// --- the ledger's entries ---

void add_users(const char* section, const std::string& name, const options::Texts& uses, const std::string& wanted,
               std::vector<fetch::Asker>& askers) {
    for (const std::string& text : *uses) {
        if (text == wanted) askers.push_back({uses.origin.where, {cat("[[", section, "]] ", name), text}});
    }
}

std::vector<fetch::Asker> users_of(const options::Config& config, const options::Download& download) {
    const std::string wanted = "download:" + *download.name;
    std::vector<fetch::Asker> askers;
    for (const auto& table : config.generates) add_users("generate", *table.name, table.uses, wanted, askers);
    for (const auto& table : config.cython) {
        add_users("cython", table.name->empty() ? table.id : *table.name, table.uses, wanted, askers);
    }
    for (const auto& table : config.c_modules) add_users("c-module", *table.name, table.uses, wanted, askers);
    for (const auto& table : config.c_libraries) add_users("c-library", *table.name, table.uses, wanted, askers);
    for (const auto& table : config.executables) add_users("executable", *table.name, table.uses, wanted, askers);
    if (askers.empty()) askers.push_back({download.place, {cat("[[download]] ", *download.name), "used by no table"}});
    return askers;
}

// Where a pinned file would come from; its name, license and askers are the caller's.
fetch::ExternalBytes entry(Session& session, const fetch::PinnedFile& file) {
    const fetch::FileSource source = fetch::source_of(session.store(), session.downloads().policy(), file);
    fetch::ExternalBytes bytes;
    bytes.kind = "download";
    bytes.source = file.url;
    bytes.url = fetch::mirrored_url(session.downloads().policy(), file.url);
    bytes.digest = "sha256:" + file.sha256;
    if (file.size != 0) bytes.size = file.size;
    bytes.from = source.from;
    switch (source.kind) {
        case fetch::FileSource::Kind::Cache: bytes.origin = fetch::Origin::Cache; break;
        case fetch::FileSource::Kind::Local: bytes.origin = fetch::Origin::LocalFile; break;
        case fetch::FileSource::Kind::Vendored: bytes.origin = fetch::Origin::Vendored; break;
        case fetch::FileSource::Kind::Network:
            bytes.origin = source.mirrored ? fetch::Origin::Mirror : fetch::Origin::Network;
            break;
    }
    if (source.kind != fetch::FileSource::Kind::Network) bytes.size = platform::stat_file(source.from).size;
    if (source.kind == fetch::FileSource::Kind::Local && !platform::is_file(source.from)) {
        bytes.origin = fetch::Origin::Nowhere;
        bytes.reason = cat("there is no ", source.from);
    }
    return bytes;
}

fetch::ExternalBytes entry(Session& session, const options::Config& config, const options::Download& table) {
    fetch::ExternalBytes bytes = entry(session, fetch::pinned_of(table));
    bytes.name = *table.name;
    bytes.license = *table.license;
    bytes.asked = users_of(config, table);
    return bytes;
}

fetch::ExternalBytes entry(Session& session, const rust::CrateDownload& download) {
    fetch::ExternalBytes bytes = entry(session, download.file);
    bytes.name = download.name;
    bytes.license = download.license;
    bytes.asked.push_back(download.asker);
    return bytes;
}

}  // namespace fetched_detail

Result<std::unique_ptr<Session>> open_for_fetching(const Arguments& arguments, Listeners& listeners) {
    TRY(settings, settings_of(arguments, listeners));
    settings.mode = exec::RootMode::Plain;
    return start_session(settings);
}

Result<ProjectSources> sources_of(Session& session, const Arguments& arguments, rust::Replacements replacements,
                                  Search search) {
    const std::string& project = session.request_directory();
    HostFiles files;
    ProjectSources sources;
    const bool configured =
        platform::is_file(join_path(project, "pyproject.toml")) || platform::is_file(join_path(project, "cermet.toml"));
    if (configured) {
        TRY(config, options::load_config(files, project, session.settings().request.overrides));
        sources.config = config;
    }
    const options::Config config = sources.config.value_or(options::Config());
    if (arguments.fetch_manifest.empty()) {
        for (const options::Download& table : config.downloads) sources.downloads.push_back(fetch::pinned_of(table));
    }
    TRY(manifests, fetched_detail::manifests_of(arguments, sources, project, search));
    for (const std::string& manifest : manifests) {
        sources.workspaces.push_back(fetched_detail::request_for(arguments, config, project, manifest));
        sources.workspaces.back().replacements = replacements;
    }
    return sources;
}

Result<Fetched> fetch_sources(Session& session, const Arguments& arguments, rust::Replacements replacements) {
    engine::EventSink* events = session.settings().events;
    engine::emit(events, engine::BuildStarted{"fetch", monotonic_us()});
    Result<Fetched> fetched = fetched_detail::fetch_all(session, arguments, replacements);
    engine::BuildFinished finished;
    finished.ok = true;  // an error is printed by the command, and nothing ran that could be counted
    finished.time_us = monotonic_us();
    engine::emit(events, finished);
    if (!fetched.ok()) return for_people(session.executor(), std::move(fetched).error());
    return fetched;
}

Status all_here(const fetch::Ledger& ledger) {
    std::vector<std::string> names;
    std::string why;
    for (const fetch::ExternalBytes& bytes : ledger.missing()) {
        if (bytes.kind == "python") continue;
        names.push_back(bytes.kind == "download" ? cat("the download ", bytes.name) : bytes.text());
        if (why.empty()) why = bytes.reason;
    }
    if (names.empty()) return {};
    return fetch::missing_error(names, why, "fetch once without --offline (or net.offline)");
}

Result<fetch::Ledger> list_external(Session& session, const ProjectSources& sources) {
    fetch::Ledger ledger;
    for (const rust::FetchRequest& request : sources.workspaces) {
        TRY(listed, rust::list_sources(session.executor(), session.network(), request));
        for (fetch::ExternalBytes& bytes : listed.packages) ledger.add(std::move(bytes));
        for (const rust::CrateDownload& one : listed.downloads) ledger.add(fetched_detail::entry(session, one));
    }
    if (sources.config && !sources.downloads.empty()) {
        for (const options::Download& table : sources.config->downloads) {
            ledger.add(fetched_detail::entry(session, *sources.config, table));
        }
    }
    return ledger;
}

}  // namespace cermet::cli
