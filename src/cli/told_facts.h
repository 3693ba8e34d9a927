// ToldFacts: who told what to whom in a build, by the names that a drawing gives: as text, as JSON and as a drawing.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "cli/session.h"
#include "talk/told.h"
#include "report/drawing.h"

namespace cermet::cli {

struct Party {
    std::string id, kind, name;  // as in a drawing; id "": the graph does not know it
    std::string refused;         // of one who asked: why there is no answer
    auto operator<=>(const Party&) const = default;
};

// One value of one provider, and all who asked for it.
struct ToldFact {
    facts::Fact fact;
    std::string digest;
    Party from;
    std::vector<Party> to;  // sorted, each once
};

// In the order of names. Paths in values are canonical.
std::vector<ToldFact> told_facts(Session& session);

enum class Values { Hidden, Shown };
std::string facts_text(const std::vector<ToldFact>& all, Values values);
Json facts_json(const std::vector<ToldFact>& all);
report::Drawing facts_drawing(const std::vector<ToldFact>& all);

}  // namespace cermet::cli
