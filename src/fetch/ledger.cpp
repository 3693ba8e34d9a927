// Ledger: see ledger.h.
// SPDX-License-Identifier: MIT
#include "fetch/ledger.h"

#include "base/text.h"

namespace cermet::fetch {
namespace ledger_detail {

Json known(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json json_of(const Asker& asker) {
    Json out;
    out.set("file", known(asker.place.file));
    out.set("line", asker.place.line > 0 ? Json(asker.place.line) : Json());
    out.set("why", Json::strings(asker.why));
    return out;
}

Json json_of(const ExternalBytes& bytes) {
    Json asked{Json::Array{}};
    for (const Asker& asker : bytes.asked) asked.push(json_of(asker));
    Json out;
    out.set("kind", bytes.kind).set("name", bytes.name).set("version", known(bytes.version));
    out.set("source", known(bytes.source)).set("url", known(bytes.url)).set("digest", known(bytes.digest));
    out.set("index", known(bytes.index));
    out.set("size", bytes.size ? Json(*bytes.size) : Json()).set("license", known(bytes.license));
    out.set("origin", origin_name(bytes.origin)).set("from", known(bytes.from));
    out.set("here", !needs_network(bytes.origin) && bytes.origin != Origin::Nowhere);
    out.set("asked", std::move(asked));
    return out;
}

}  // namespace ledger_detail

std::string_view origin_name(Origin origin) {
    switch (origin) {
        case Origin::Cache: return "cache";
        case Origin::CargoHome: return "cargo-home";
        case Origin::Vendored: return "vendored";
        case Origin::LocalFile: return "local-file";
        case Origin::Environment: return "environment";
        case Origin::Network: return "network";
        case Origin::Mirror: return "mirror";
        case Origin::Nowhere: return "nowhere";
    }
    abort_bug("unknown origin");
}

std::string ExternalBytes::text() const { return version.empty() ? name : cat(name, " ", version); }

void Ledger::add(ExternalBytes bytes) {
    const std::string key = join({bytes.kind, bytes.name, bytes.version, bytes.source, bytes.digest}, "\t");
    const auto [entry, added] = entries_.emplace(key, bytes);
    if (added) return;
    for (Asker& asker : bytes.asked) entry->second.asked.push_back(std::move(asker));
}

std::vector<ExternalBytes> Ledger::all() const {
    std::vector<ExternalBytes> list;
    for (const auto& [key, bytes] : entries_) list.push_back(bytes);
    return list;
}

std::vector<ExternalBytes> Ledger::missing() const {
    std::vector<ExternalBytes> list;
    for (const auto& [key, bytes] : entries_) {
        if (needs_network(bytes.origin) || bytes.origin == Origin::Nowhere) list.push_back(bytes);
    }
    return list;
}

Json Ledger::json() const {
    Json list{Json::Array{}};
    for (const auto& [key, bytes] : entries_) list.push(ledger_detail::json_of(bytes));
    return list;
}

Error missing_error(const std::vector<std::string>& names, const std::string& why, std::string hint) {
    return environment_error(cat("not on this machine: ", join(names, ", "), why.empty() ? "" : cat(" (", why, ")")),
                             std::move(hint));
}

}  // namespace cermet::fetch
