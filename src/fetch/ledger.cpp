// Ledger: see ledger.h.
// SPDX-License-Identifier: MIT
#include "fetch/ledger.h"

#include "base/text.h"

namespace cermet::fetch {

void Ledger::add(const ExternalBytes& bytes) {
    const std::lock_guard<std::mutex> hold(mutex_);
    entries_.insert(bytes);
}

std::vector<ExternalBytes> Ledger::all() const {
    const std::lock_guard<std::mutex> hold(mutex_);
    return {entries_.begin(), entries_.end()};
}

Json Ledger::json() const {
    Json list = Json(Json::Array());
    for (const ExternalBytes& bytes : all()) {
        Json entry = Json(Json::Object());
        entry.set("kind", bytes.kind).set("name", bytes.name).set("sha256", bytes.sha256);
        entry.set("size", Json(bytes.size)).set("source", bytes.source).set("version", bytes.version);
        list.push(std::move(entry));
    }
    Json out = Json(Json::Object());
    out.set("version", 1).set("external", std::move(list));
    return out;
}

Status Ledger::read(std::string_view bytes, std::string_view name) {
    TRY(parsed, parse_json(bytes, name));
    if (parsed["version"].integer() != 1 || !parsed["external"].is_array()) {
        return project_error("this is not a list of external bytes of version 1").at(std::string(name));
    }
    for (const Json& entry : parsed["external"].array()) {
        ExternalBytes one;
        one.kind = entry["kind"].string();
        one.name = entry["name"].string();
        one.version = entry["version"].string();
        one.source = entry["source"].string();
        one.sha256 = entry["sha256"].string();
        one.size = static_cast<std::uint64_t>(entry["size"].integer());
        add(one);
    }
    return {};
}

}  // namespace cermet::fetch
