// Drafts into the final graph: interning, folding of host units, strip and debug information, LTO, identities.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/units/draft.h"

namespace cermet::rust {

std::string DraftTable::key(const Unit& unit, const std::string& dep_hash) {
    return cat(unit.node == k_generated ? unit.package->name : to_text(unit.node), "|",
               static_cast<int>(unit.target.kind), "|", unit.target.name, "|", join(unit.target.crate_types, ","), "|",
               unit.profile.text(), "|", unit.platform, "|", static_cast<int>(unit.mode), "|", join(unit.features, ","),
               "|", unit.links_overridden ? 1 : 0, "|", dep_hash);
}

std::size_t DraftTable::intern(Unit unit, const std::string& dep_hash) {
    auto [found, fresh] = index_.emplace(key(unit, dep_hash), drafts_.size());
    if (fresh) {
        drafts_.push_back(Draft{});
        drafts_.back().unit = std::move(unit);
    }
    return found->second;
}

bool unit_before(const Unit& a, const Unit& b) {
    if (a.node != b.node) {
        PackageId left = a.package->id();
        PackageId right = b.package->id();
        if (left < right) return true;
        if (right < left) return false;
    }
    if (a.target.kind != b.target.kind) return a.target.kind < b.target.kind;
    if (a.target.name != b.target.name) return a.target.name < b.target.name;
    if (a.target.crate_types != b.target.crate_types) return a.target.crate_types < b.target.crate_types;
    if (a.mode != b.mode) return a.mode < b.mode;
    if (a.platform != b.platform) return a.platform < b.platform;
    if (a.features != b.features) return a.features < b.features;
    return a.profile.text() < b.profile.text();
}

namespace share_detail {

class Sharer {
   public:
    Sharer(const DraftTable& drafts, const std::string& fold_triple) : drafts_(drafts), fold_(fold_triple) {}

    UnitGraph run(const std::vector<std::size_t>& roots) {
        UnitGraph out;
        for (std::size_t root : roots) {
            std::size_t made = visit(root, false);
            add_once(out.roots, made);
        }
        for (std::size_t i = 0; i < table_.size(); ++i) out.units.push_back(table_[i].unit);
        return out;
    }

   private:
    std::size_t visit(std::size_t index, bool for_host) {
        auto known = memo_.find(index);
        if (known != memo_.end()) return known->second;
        const Draft& draft = drafts_[index];
        std::vector<UnitDep> deps;
        std::string dep_hash;
        bool deps_have_debuginfo = false;
        for (const DraftDep& dep : draft.deps) {
            std::size_t made = visit(dep.unit, dep.unit_for.host);
            dep_hash += cat(made, ",");
            deps_have_debuginfo |= table_[made].unit.profile.debuginfo != "0";
            deps.push_back(UnitDep{made, dep.extern_name, false, false});
        }
        Unit unit = draft.unit;
        if (unit.profile.strip_deferred && unit.profile.debuginfo == "0" && !deps_have_debuginfo)
            unit.profile.strip = "debuginfo";
        if (for_host && !fold_.empty() && unit.profile.debuginfo_deferred) {
            Unit probe = unit;
            probe.platform = fold_;
            if (!drafts_.contains(probe)) unit.profile.debuginfo = "0";
            unit.profile.debuginfo_deferred = false;
        }
        if (!fold_.empty() && unit.platform == fold_) unit.platform.clear();
        unit.is_host = unit.platform.empty();
        unit.deps = std::move(deps);
        std::size_t made = table_.intern(std::move(unit), "deps:" + dep_hash);
        memo_.emplace(index, made);
        return made;
    }

    const DraftTable& drafts_;
    const std::string& fold_;
    DraftTable table_;
    std::map<std::size_t, std::size_t> memo_;
};

bool can_lto(const std::string& type) { return type == "bin" || type == "staticlib" || type == "cdylib"; }
bool is_dynamic(const std::string& type) { return type == "dylib" || type == "cdylib" || type == "proc-macro"; }

bool for_host(const Target& target) { return target.is_custom_build() || target.is_proc_macro(); }

bool needs_object(const std::vector<std::string>& types) {
    return std::any_of(types.begin(), types.end(), [](const std::string& t) { return can_lto(t) || is_dynamic(t); });
}

Lto when_object_needed(const std::vector<std::string>& types) {
    bool all_dylib = std::all_of(types.begin(), types.end(), [](const std::string& t) { return t == "dylib"; });
    return all_dylib ? Lto::OnlyObject : Lto::ObjectAndBitcode;
}

bool is_run_lto(Lto lto) { return lto == Lto::RunThin || lto == Lto::RunFat; }

Lto merge_lto(Lto a, Lto b) {
    if (a == b) return a;
    if (is_run_lto(a)) return a;
    if (is_run_lto(b)) return b;
    if (a == Lto::Off || b == Lto::Off) return Lto::Off;
    return Lto::ObjectAndBitcode;
}

// cargo's calculation: from each root down, re-visiting a unit whenever its answer changed (U15).
class LtoPass {
   public:
    explicit LtoPass(UnitGraph& graph) : graph_(graph), known_(graph.units.size(), false) {}

    void visit(std::size_t index, Lto parent) {
        Unit& unit = graph_.units[index];
        Lto lto = own(unit, parent);
        if (known_[index]) {
            lto = merge_lto(lto, unit.lto);
            if (lto == unit.lto) return;
        }
        known_[index] = true;
        unit.lto = lto;
        for (const UnitDep& dep : unit.deps) visit(dep.unit, lto);
    }

    static Lto root(const Unit& unit) {
        if (unit.profile.lto == "false") return Lto::OnlyObject;
        if (unit.profile.lto == "off") return Lto::Off;
        if (for_host(unit.target)) return Lto::OnlyObject;
        if (needs_object(unit.target.crate_types)) return when_object_needed(unit.target.crate_types);
        return Lto::OnlyBitcode;
    }

   private:
    static Lto own(const Unit& unit, Lto parent) {
        const std::vector<std::string>& types = unit.target.crate_types;
        if (for_host(unit.target)) return Lto::OnlyObject;
        if (std::all_of(types.begin(), types.end(), can_lto)) {
            if (unit.profile.lto == "false") return Lto::OnlyObject;
            if (unit.profile.lto == "off") return Lto::Off;
            return unit.profile.lto == "thin" ? Lto::RunThin : Lto::RunFat;
        }
        bool objects = needs_object(types);
        if (is_run_lto(parent) && !objects) return Lto::OnlyBitcode;
        if (objects && (is_run_lto(parent) || parent == Lto::OnlyBitcode)) return when_object_needed(types);
        return parent;
    }

    UnitGraph& graph_;
    std::vector<bool> known_;
};

std::string step_name(const Unit& unit) {
    if (unit.is_run()) return unit.package->name + "-build-run";
    if (unit.target.is_custom_build()) return unit.package->name + "-build-script";
    if (unit.target.is_lib()) return unit.package->name;
    return unit.target.name;
}

class IdentityPass {
   public:
    IdentityPass(UnitGraph& graph, const BuildRequest& request) : graph_(graph), request_(request) {}

    const std::string& visit(std::size_t index) {
        Unit& unit = graph_.units[index];
        if (!unit.identity.empty()) return unit.identity;
        std::string text = own_text(unit);
        if (request_.embeds_python && unit.is_run() && looks_for_python(graph_, index)) text += "\nembeds python";
        for (const UnitDep& dep : unit.deps) text += cat("\ndep ", dep.extern_name, " ", visit(dep.unit));
        unit.identity = digest_of(text).short_hex(16);
        unit.label = cat(step_name(unit), "-", unit.identity.substr(0, 8));
        return unit.identity;
    }

   private:
    std::string own_text(const Unit& unit) const {
        const Package& package = *unit.package;
        std::string source = package.source.is_path()
                                 ? cat("path ", relative_to(package.directory, graph_.workspace_root))
                                 : package.source.text();
        return cat("cermet rust unit 1\n", package.name, " ", package.version_text, "\n", source, "\n",
                   static_cast<int>(unit.target.kind), " ", unit.target.name, " ", join(unit.target.crate_types, ","),
                   "\n", static_cast<int>(unit.mode), "\n", join(unit.features, ","), "\n", unit.profile.text(),
                   "\nlto ", static_cast<int>(unit.lto), "\n",
                   unit.platform.empty() ? cat("host ", request_.host.triple) : unit.platform);
    }

    UnitGraph& graph_;
    const BuildRequest& request_;
};

}  // namespace share_detail

UnitGraph share_units(const DraftTable& drafts, const std::vector<std::size_t>& roots, const std::string& fold_triple) {
    return share_detail::Sharer(drafts, fold_triple).run(roots);
}

void assign_lto(UnitGraph& graph) {
    share_detail::LtoPass pass(graph);
    for (std::size_t root : graph.roots) pass.visit(root, share_detail::LtoPass::root(graph.units[root]));
}

void assign_identities(UnitGraph& graph, const BuildRequest& request) {
    share_detail::IdentityPass pass(graph, request);
    for (std::size_t i = 0; i < graph.units.size(); ++i) pass.visit(i);
}

}  // namespace cermet::rust
