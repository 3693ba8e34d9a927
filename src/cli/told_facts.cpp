// Facts of a finished build, gathered from the languages and put together by provider.
// SPDX-License-Identifier: MIT
#include "cli/told_facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "cli/graph_drawing.h"
#include "languages/python/told.h"
#include "languages/rust/rust.h"
#include "report/shown_text.h"

namespace cermet::cli {
namespace told_facts_detail {

constexpr std::size_t k_listed = 12;  // who asked, where the list is short

Party party_of(const engine::Graph& graph, engine::KeyId id) {
    const engine::Drawn drawn = graph.drawn(id);
    return {drawn_id(drawn), drawn.kind, drawn.name, {}};
}

// A key, or the drawn ones on one side of it.
class Parties {
   public:
    explicit Parties(const engine::Graph& graph) : graph_(graph), above_(graph.size()) {
        for (engine::KeyId id = 0; id < graph.size(); ++id) {
            for (engine::KeyId dep : graph.deps_of(id)) above_[dep].push_back(id);
        }
    }
    std::set<Party> askers(engine::KeyId id) const {
        return search(id, [this](engine::KeyId at) -> const std::vector<engine::KeyId>& { return above_[at]; });
    }
    std::set<Party> providers(engine::KeyId id) const {
        return search(id, [this](engine::KeyId at) -> const std::vector<engine::KeyId>& { return graph_.deps_of(at); });
    }

   private:
    const engine::Graph& graph_;
    std::vector<std::vector<engine::KeyId>> above_;

    template <class Next>
    std::set<Party> search(engine::KeyId start, Next next) const {
        std::set<Party> found;
        std::set<engine::KeyId> seen;
        std::vector<engine::KeyId> waiting = {start};
        while (!waiting.empty()) {
            const engine::KeyId at = waiting.back();
            waiting.pop_back();
            if (!seen.insert(at).second) continue;
            if (!graph_.drawn(at).kind.empty()) {
                found.insert(party_of(graph_, at));
            } else {
                const std::vector<engine::KeyId>& more = next(at);
                waiting.insert(waiting.end(), more.begin(), more.end());
            }
        }
        return found;
    }
};

Party provider_of(const talk::Told& told, const Parties& parties) {
    if (told.provider != engine::k_no_key) {
        const std::set<Party> found = parties.providers(told.provider);
        if (found.size() == 1) return *found.begin();
    }
    return {{}, {}, told.fact.origin, {}};
}

std::string shown(const Party& party) {
    return report::one_line(cat(party.kind, party.kind.empty() || party.name.empty() ? "" : " ", party.name));
}

// Facts of build scripts first, then what the configuration names, then tools.
int rank(const std::string& kind) {
    if (facts::find_kind(kind) != nullptr && kind != "tool") return 0;
    return kind == "links" ? 1 : kind == "tool" ? 3 : 2;
}

bool stands_before(const ToldFact& a, const ToldFact& b) {
    const auto key = [](const ToldFact& one) {
        return std::make_tuple(rank(one.fact.kind), one.fact.text(), one.from.id, one.from.name, one.digest);
    };
    return key(a) < key(b);
}

Json party_json(const Party& party) {
    Json json;
    if (!party.id.empty()) json.set("id", party.id);
    json.set("name", shown(party));
    if (!party.refused.empty()) json.set("refused", party.refused);
    return json;
}

std::string askers_text(const ToldFact& one, Values values) {
    if (one.to.empty()) return "    to    nobody\n";
    std::string out;
    const bool all = values == Values::Shown || one.to.size() <= k_listed + 1;
    for (std::size_t i = 0; i < one.to.size() && (all || i < k_listed); ++i) {
        const Party& party = one.to[i];
        out += cat(i == 0 ? "    to    " : "          ", shown(party),
                   party.refused.empty() ? "" : cat(": refused, ", report::one_line(party.refused)), "\n");
    }
    if (!all) out += cat("          and ", one.to.size() - k_listed, " more\n");
    return out;
}

}  // namespace told_facts_detail

std::vector<ToldFact> told_facts(Session& session) {
    using namespace told_facts_detail;
    const engine::Graph& graph = session.graph();
    std::vector<talk::Told> all = rust::told_facts(graph);
    for (const talk::Told& told : python::told_uses(graph)) all.push_back(told);
    for (const talk::Told& told : python::told_tools(graph)) all.push_back(told);
    const Parties parties(graph);
    std::map<std::tuple<std::string, std::string, std::string, std::string>, ToldFact> found;
    std::map<std::tuple<std::string, std::string, std::string, std::string>, std::set<Party>> askers;
    for (talk::Told& told : all) {
        told.fact.origin = session.executor().for_people(told.fact.origin);
        const Party from = provider_of(told, parties);
        const auto key = std::make_tuple(told.fact.text(), from.id, from.name, told.digest);
        ToldFact& one = found[key];
        one.fact = told.fact;
        one.digest = told.digest;
        one.from = from;
        if (told.question == engine::k_no_key) continue;
        for (Party party : parties.askers(told.question)) {
            party.refused = told.refused;
            if (party.id != from.id || from.id.empty()) askers[key].insert(std::move(party));
        }
    }
    std::vector<ToldFact> list;
    for (auto& [key, one] : found) {
        one.to.assign(askers[key].begin(), askers[key].end());
        list.push_back(std::move(one));
    }
    std::sort(list.begin(), list.end(), stands_before);
    return list;
}

std::string facts_text(const std::vector<ToldFact>& all, Values values) {
    using namespace told_facts_detail;
    std::string out;
    for (const ToldFact& one : all) {
        out += one.fact.text();
        if (!one.digest.empty()) {
            out += cat("  ", facts::text_of(one.fact.visibility), "  ", one.digest.substr(0, 12), "\n    from  ",
                       shown(one.from));
        }
        out += cat("\n", askers_text(one, values));
        if (values == Values::Shown && !one.fact.value.is_null())
            out += cat("    value ", report::one_line(one.fact.value.dump()), "\n");
    }
    return out;
}

Json facts_json(const std::vector<ToldFact>& all) {
    using namespace told_facts_detail;
    Json list{Json::Array{}};
    for (const ToldFact& one : all) {
        Json json;
        json.set("kind", one.fact.kind).set("name", one.fact.name).set("fact", one.fact.text());
        if (!one.digest.empty()) {
            json.set("visibility", facts::text_of(one.fact.visibility)).set("digest", one.digest);
            json.set("value", one.fact.value).set("from", party_json(one.from));
        }
        Json to{Json::Array{}};
        for (const Party& party : one.to) to.push(party_json(party));
        list.push(std::move(json.set("to", std::move(to))));
    }
    return list;
}

// Each fact is a node between those who asked and who provided it.
report::Drawing facts_drawing(const std::vector<ToldFact>& all) {
    using namespace told_facts_detail;
    report::Drawing drawing;
    std::map<std::string, std::size_t> known;
    auto add = [&](const std::string& id, const std::string& kind, const std::string& name) {
        auto [found, added] = known.try_emplace(id, drawing.nodes.size());
        if (added) drawing.nodes.push_back({id, kind, name, Json()});
        return found->second;
    };
    auto add_party = [&](const Party& party) {
        if (party.id.empty()) return add("other:" + party.name, "other", party.name);
        return add(party.id, party.kind, party.name.empty() ? party.kind : party.name);
    };
    for (const ToldFact& one : all) {
        const std::string id = cat("fact:", one.fact.text(), ":", one.from.id, one.from.name, ":", one.digest);
        const bool told = !one.digest.empty();
        const std::size_t fact = add(
            id, "fact", told ? cat(one.fact.text(), " ", one.digest.substr(0, 8)) : cat(one.fact.text(), " (refused)"));
        if (told) drawing.edges.push_back({fact, add_party(one.from)});
        for (const Party& party : one.to) drawing.edges.push_back({add_party(party), fact});
    }
    std::sort(drawing.edges.begin(), drawing.edges.end());
    return drawing;
}

}  // namespace cermet::cli
