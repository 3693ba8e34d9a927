// Drafts: units while the graph is being made, before host and target are folded together.
// SPDX-License-Identifier: MIT
// Internal to languages/rust/units.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "languages/rust/units/units.h"

namespace cermet::rust {

// How a unit came to be needed: decides its profile and which features it sees.
struct UnitFor {
    bool host = false;           // for the machine that builds
    bool host_features = false;  // sees the features of the host key
    bool must_unwind = false;    // panic = "abort" does not apply
    bool operator==(const UnitFor&) const = default;
};

struct DraftDep {
    std::size_t unit = 0;
    UnitFor unit_for;
    std::string extern_name;
    bool development = false;
};

struct Draft {
    Unit unit;  // deps are kept apart until the graph is final
    std::vector<DraftDep> deps;
    bool expanded = false;
};

// Units that are equal in all that decides their compilation are one unit.
class DraftTable {
   public:
    std::size_t intern(Unit unit, const std::string& dep_hash);
    bool contains(const Unit& unit) const { return index_.count(key(unit, "")) != 0; }
    Draft& operator[](std::size_t i) { return drafts_[i]; }
    const Draft& operator[](std::size_t i) const { return drafts_[i]; }
    std::size_t size() const { return drafts_.size(); }

   private:
    static std::string key(const Unit& unit, const std::string& dep_hash);
    std::vector<Draft> drafts_;
    std::map<std::string, std::size_t> index_;
};

// cargo's order of units: package, target, settings. Used for dependency lists.
bool unit_before(const Unit& a, const Unit& b);

// Folds "--target = host" units into host ones, weakens host debug information, decides strip (M24, M25, U4).
UnitGraph share_units(const DraftTable& drafts, const std::vector<std::size_t>& roots, const std::string& fold_triple);
void assign_lto(UnitGraph& graph);
void assign_identities(UnitGraph& graph, const BuildRequest& request);

}  // namespace cermet::rust
