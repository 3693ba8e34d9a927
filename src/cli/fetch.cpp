// `cermet fetch`: packages of the locks of a project's Rust workspaces, and its downloads, brought to this machine.
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "cli/commands.h"
#include "cli/fetched.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"

namespace cermet::cli {
namespace fetch_detail {

Json listing(Session& session, const rust::FetchedWorkspace& workspace) {
    const exec::Places& places = session.executor().places();
    Json packages{Json::Array{}};
    for (const rust::FetchedPackage& package : workspace.packages) {
        Json one;
        one.set("name", package.id.name).set("version", package.id.version);
        one.set("source", package.id.source.text());
        one.set("checksum", package.checksum.empty() ? Json() : Json(package.checksum));
        one.set("directory", places.host(package.directory));
        packages.push(std::move(one));
    }
    Json out;
    out.set("version", 1).set("manifest", places.host_outside(workspace.root_manifest));
    out.set("packages", std::move(packages)).set("brought", static_cast<int>(workspace.brought));
    return out;
}

std::string summary(Session& session, const rust::FetchedWorkspace& workspace) {
    const std::size_t all = workspace.packages.size();
    const std::string of = session.executor().for_people(workspace.root_manifest);
    const std::string packages = cat(all, all == 1 ? " package of " : " packages of ", of);
    return workspace.brought == 0 ? cat("up to date: ", packages)
                                  : cat("fetched ", workspace.brought, " of ", packages);
}

Json listing_of_files(const Fetched& fetched) {
    Json files{Json::Array{}};
    for (std::size_t i = 0; i < fetched.downloads.size(); ++i) {
        Json one;
        one.set("url", fetched.downloads[i].url).set("sha256", fetched.downloads[i].sha256);
        one.set("size", fetched.files[i].digest.size).set("file", fetched.files[i].host);
        files.push(std::move(one));
    }
    Json out;
    out.set("version", 1).set("downloads", std::move(files)).set("brought", static_cast<int>(fetched.brought));
    return out;
}

std::string summary_of_files(const Fetched& fetched) {
    const std::size_t all = fetched.downloads.size();
    const std::string downloads = cat(all, all == 1 ? " download" : " downloads");
    return fetched.brought == 0 ? cat("up to date: ", downloads) : cat("fetched ", fetched.brought, " of ", downloads);
}

}  // namespace fetch_detail

int fetch_command(const Arguments& arguments) {
    Listeners listeners(arguments);
    Result<std::unique_ptr<Session>> session = open_for_fetching(arguments, listeners);
    if (!session.ok()) return print_error(session.error());
    Result<Fetched> fetched = fetch_sources(**session, arguments, rust::Replacements::Follow);
    if (!fetched.ok()) return print_error(fetched.error());
    Json all{Json::Array{}};
    std::vector<std::string> lines;
    for (const rust::FetchedWorkspace& workspace : fetched->workspaces) {
        all.push(fetch_detail::listing(**session, workspace));
        lines.push_back(fetch_detail::summary(**session, workspace));
    }
    if (!fetched->downloads.empty()) {
        all.push(fetch_detail::listing_of_files(*fetched));
        lines.push_back(fetch_detail::summary_of_files(*fetched));
    }
    if (!arguments.json && !arguments.quiet) {
        for (const std::string& line : lines) print_line(line);
    }
    if (arguments.json) print_line(all.dump(2));
    return 0;
}

}  // namespace cermet::cli
