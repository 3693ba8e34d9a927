// `cermet audit`: every external byte that the build would use, listed before anything is built.
// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "cli/fetched.h"

#include "base/path.h"
#include "base/text.h"
#include "exec/sandbox.h"
#include "languages/python/used_distributions.h"

namespace cermet::cli {
namespace audit_detail {

std::string size_text(const fetch::ExternalBytes& bytes) {
    if (!bytes.size) return "size unknown";
    if (*bytes.size < 10'000) return cat(*bytes.size, " bytes");
    return cat((*bytes.size + 999) / 1000, " kB");
}

std::string or_unknown(const std::string& text, const char* what) {
    return text.empty() ? cat(what, " unknown") : text;
}

std::string from_text(const fetch::ExternalBytes& bytes) {
    switch (bytes.origin) {
        case fetch::Origin::Cache: return "in the cache";
        case fetch::Origin::CargoHome: return cat("here, fetched by cargo: ", bytes.from);
        case fetch::Origin::Vendored: return cat("here, vendored: ", bytes.from);
        case fetch::Origin::LocalFile: return cat("here, a file that the user names: ", bytes.from);
        case fetch::Origin::Environment: return "installed in the build environment";
        case fetch::Origin::Network: return cat("to be fetched from ", or_unknown(bytes.from, "an address"));
        case fetch::Origin::Mirror:
            return cat("to be fetched from ", or_unknown(bytes.from, "an address"), ", a replacement");
        case fetch::Origin::Nowhere: return cat("MISSING: ", bytes.reason);
    }
    abort_bug("unknown origin");
}

std::string shown(Session& session, const Where& place) {
    if (place.file.empty()) return {};
    const std::string file = session.executor().for_people(place.file);
    return place.line > 0 ? cat(file, ":", place.line) : file;
}

void print_entry(Session& session, const fetch::ExternalBytes& bytes) {
    print_line(cat(bytes.kind, " ", bytes.text(), "  ", or_unknown(bytes.license, "license"), "  ", size_text(bytes)));
    print_line(cat("    ", or_unknown(bytes.digest, "digest")));
    print_line(cat("    ", from_text(bytes)));
    if (!bytes.index.empty()) print_line(cat("    index ", bytes.index));
    if (!bytes.url.empty() && bytes.url != bytes.from) print_line(cat("    url ", bytes.url));
    if (bytes.source != bytes.url && !bytes.source.empty()) print_line(cat("    source ", bytes.source));
    for (const fetch::Asker& asker : bytes.asked) {
        print_line(cat("    asked at ", shown(session, asker.place), ": ", join(asker.why, " -> ")));
    }
}

std::string count(std::size_t number, const char* one, const char* many) {
    return cat(number, " ", number == 1 ? one : many);
}

// Rules that let a build script use the network: what it brings is in no list.
struct Opening {
    std::string crate;
    Where place;
};

std::vector<Opening> openings(const options::Config& config) {
    std::vector<Opening> found;
    for (const options::CrateRule& rule : config.crates) {
        if (*rule.network) found.push_back({rule.id, rule.network.origin.where});
    }
    return found;
}

void print_openings(Session& session, const std::vector<Opening>& open) {
    for (const Opening& one : open) {
        const std::string place = shown(session, one.place);
        print_line(cat("but the build script of ", one.crate, " may use it and brings what is not listed",
                       place.empty() ? "" : ": ", place));
    }
}

void print_summary(const fetch::Ledger& ledger, bool scripts_are_shut) {
    std::size_t fetched = 0;
    std::size_t nowhere = 0;
    std::size_t unlicensed = 0;
    for (const fetch::ExternalBytes& bytes : ledger.all()) {
        if (needs_network(bytes.origin)) ++fetched;
        if (bytes.origin == fetch::Origin::Nowhere) ++nowhere;
        if (bytes.license.empty()) ++unlicensed;
    }
    print_line(cat(count(ledger.all().size(), "external thing", "external things"), ": ", fetched, " to be fetched, ",
                   nowhere, " missing, ", unlicensed, " of unknown license"));
    print_line(scripts_are_shut ? "build scripts and generators have no network"
                                : "build scripts and generators may reach the network: this kernel cannot refuse it");
}

Json listing(Session& session, const fetch::Ledger& ledger, bool scripts_are_shut, const std::vector<Opening>& open) {
    Json external{Json::Array{}};
    const Json all = ledger.json();
    for (Json one : all.array()) {
        Json asked{Json::Array{}};
        for (Json asker : one["asked"].array()) {
            if (asker["file"].is_string()) asker.set("file", session.executor().for_people(asker["file"].string()));
            asked.push(std::move(asker));
        }
        one.set("asked", std::move(asked));
        external.push(std::move(one));
    }
    Json out;
    out.set("version", 1).set("external", std::move(external));
    out.set("scripts-network", scripts_are_shut ? "refused" : "open");
    Json allowed{Json::Array{}};
    for (const Opening& one : open) {
        Json entry;
        entry.set("crate", one.crate).set("file", session.executor().for_people(one.place.file));
        allowed.push(entry.set("line", one.place.line));
    }
    out.set("scripts-with-network", std::move(allowed));
    return out;
}

struct Gathered {
    fetch::Ledger ledger;
    std::vector<Opening> open;
};

Result<Gathered> gather(Session& session, const Arguments& arguments) {
    session.network().forbid_network("an audit fetches nothing");
    TRY(sources, sources_of(session, arguments, rust::Replacements::Follow, Search::Tables));
    for (rust::FetchRequest& request : sources.workspaces)
        request.settings.offline = true;  // a missing lock is resolved
    TRY(ledger, list_external(session, sources));
    Gathered gathered{std::move(ledger), {}};
    if (sources.config) gathered.open = openings(*sources.config);
    const bool python = sources.config && sources.config->has_pyproject && arguments.fetch_manifest.empty();
    if (!python) return gathered;
    TRY(used, session.ask(python::UsedDistributions()));
    for (const fetch::ExternalBytes& bytes : *used) gathered.ledger.add(bytes);
    return gathered;
}

}  // namespace audit_detail

int audit_command(const Arguments& arguments) {
    using namespace audit_detail;
    if (arguments.observe) return observe_audit(arguments);
    Listeners listeners(arguments);
    Result<std::unique_ptr<Session>> session = open_for_fetching(arguments, listeners);
    if (!session.ok()) return print_error(session.error());
    Result<Gathered> gathered = gather(**session, arguments);
    if (!gathered.ok()) return print_error(for_people((*session)->executor(), std::move(gathered).error()));
    const fetch::Ledger& ledger = gathered->ledger;
    const bool scripts_are_shut = exec::Isolation::probe().network();
    if (arguments.json) {
        print_line(listing(**session, ledger, scripts_are_shut, gathered->open).dump(2));
    } else {
        for (const fetch::ExternalBytes& bytes : ledger.all()) print_entry(**session, bytes);
        print_summary(ledger, scripts_are_shut);
        print_openings(**session, gathered->open);
    }
    if (!arguments.offline) return 0;
    const Status here = all_here(ledger);
    return here.ok() ? 0 : print_error(for_people((*session)->executor(), here.error()));
}

}  // namespace cermet::cli
