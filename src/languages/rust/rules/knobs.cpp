// Knobs of crates: features with who asks for them, the profile's values, switches of crates, variables that steps read.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/knobs.h"

#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/rust/rules/graph.h"
#include "languages/rust/rules/script_channel.h"

namespace cermet::rust {
namespace knobs_detail {

using options::Knob;

std::string text_of(const Where& where) { return where.line > 0 ? cat(where.file, ":", where.line) : where.file; }

std::string shown(const Package& package) { return cat(package.name, " v", package.version_text); }

// --- features ---

struct Asker {
    std::string who;
    std::string origin;
    bool operator<(const Asker& o) const { return who < o.who; }
};
using Askers = std::map<std::string, std::set<Asker>>;  // by feature

struct PackageFeatures {
    PackagePtr package;
    std::set<std::string> enabled;
    Askers askers;
};

class Features {
   public:
    Features(const ResolvedGraph& graph, const CrateRequest& request, const std::string& consumer)
        : graph_(graph), request_(request), consumer_(consumer) {}

    void collect() {
        for (const Unit& unit : graph_.units.units) {
            if (!unit.package || unit.is_run()) continue;
            PackageFeatures& entry = packages_[unit.package->id().text()];
            entry.package = unit.package;
            entry.enabled.insert(unit.features.begin(), unit.features.end());
        }
        for (const Unit& unit : graph_.units.units) {
            if (!unit.package || unit.is_run()) continue;
            for (const UnitDep& dep : unit.deps) from_dependant(unit, graph_.units.units[dep.unit]);
        }
        for (auto& [id, entry] : packages_) {
            from_request(entry);
            from_itself(entry);
        }
    }

    void list(std::vector<Knob>& out) const {
        for (const auto& [id, entry] : packages_) {
            const std::set<std::string> standard = default_features(*entry.package);
            for (const auto& [feature, implied] : entry.package->features)
                out.push_back(knob_of(entry, feature, standard.count(feature) != 0));
        }
    }

   private:
    static void ask(PackageFeatures& entry, const std::string& feature, const std::string& who,
                    const std::string& origin) {
        if (entry.enabled.count(feature) != 0) entry.askers[feature].insert({who, origin});
    }

    void from_dependant(const Unit& unit, const Unit& other) {
        if (!other.package || other.is_run() || other.package == unit.package) return;
        PackageFeatures& entry = packages_[other.package->id().text()];
        for (const Dependency& dependency : unit.package->dependencies) {
            if (dependency.package != other.package->name || dependency.kind == DependencyKind::Development) continue;
            if (dependency.has_requirement && !dependency.requirement.matches(other.package->version)) continue;
            const std::string who = shown(*unit.package);
            const std::string origin = text_of(dependency.where);
            for (const std::string& feature : dependency.features) ask(entry, feature, who, origin);
            if (dependency.default_features) ask(entry, "default", who, origin);
            for (const std::string& own : unit.features) {
                auto found = unit.package->features.find(own);
                if (found == unit.package->features.end()) continue;
                for (const FeatureValue& value : found->second) {
                    if (value.kind == FeatureValue::Kind::DepFeature && value.dep == dependency.key)
                        ask(entry, value.feature, cat(who, " (feature ", own, ")"), unit.package->manifest_path);
                }
            }
        }
    }

    // What the table or the command line asks of the packages that it names.
    void from_request(PackageFeatures& entry) const {
        const Selection& selection = graph_.request.selection;
        const Package& package = *entry.package;
        const bool named = contains(selection.packages, package.name);
        const bool member = graph_.workspace.member(package.name) != nullptr && package.source.is_path();
        const bool whole = request_.use == CrateUse::Workspace && selection.packages.empty() && member;
        if (!named && !whole) return;
        const std::string origin = text_of(request_.place);
        auto own = selection.package_features.find(package.name);
        const bool defaults =
            own == selection.package_features.end() ? selection.default_features : own->second.default_features;
        const bool all =
            selection.all_features || (own != selection.package_features.end() && own->second.all_features);
        if (defaults) ask(entry, "default", consumer_, origin);
        for (const std::string& text : selection.features) {
            const FeatureValue value = parse_feature_value(text);
            if (value.kind == FeatureValue::Kind::Feature || value.dep == package.name)
                ask(entry, value.feature, consumer_, origin);
        }
        if (all) {
            for (const auto& [feature, implied] : package.features) ask(entry, feature, consumer_, origin);
        }
        const CrateRule* rule = request_.settings->rule_for(package);
        if (rule == nullptr) return;
        for (const std::string& feature : rule->features)
            ask(entry, feature, cat("crates.", package.name, ".features"), text_of(rule->place));
    }

    static void from_itself(PackageFeatures& entry) {
        for (const std::string& feature : entry.enabled) {
            auto found = entry.package->features.find(feature);
            if (found == entry.package->features.end()) continue;
            for (const FeatureValue& value : found->second) {
                if (value.kind == FeatureValue::Kind::Feature)
                    ask(entry, value.feature, cat("its feature ", feature), entry.package->manifest_path);
            }
        }
    }

    static std::set<std::string> default_features(const Package& package) {
        std::set<std::string> found;
        std::vector<std::string> open = {"default"};
        while (!open.empty()) {
            const std::string feature = open.back();
            open.pop_back();
            auto values = package.features.find(feature);
            if (values == package.features.end() || !found.insert(feature).second) continue;
            for (const FeatureValue& value : values->second) {
                if (value.kind == FeatureValue::Kind::Feature) open.push_back(value.feature);
            }
        }
        return found;
    }

    Knob knob_of(const PackageFeatures& entry, const std::string& feature, bool standard) const {
        Knob knob;
        knob.group = "features";
        knob.path = cat(entry.package->name, "@", entry.package->version_text, "/", feature);
        knob.type = "true or false";
        knob.default_text = standard ? "true" : "false";
        knob.value = entry.enabled.count(feature) != 0 ? "true" : "false";
        knob.origin = "default";
        knob.consumers = {consumer_};
        auto askers = entry.askers.find(feature);
        if (askers == entry.askers.end()) return knob;
        for (const Asker& asker : askers->second) knob.by.push_back(asker.who);
        knob.origin = askers->second.begin()->origin;
        return knob;
    }

    const ResolvedGraph& graph_;
    const CrateRequest& request_;
    std::string consumer_;
    std::map<std::string, PackageFeatures> packages_;
};

// --- the profile ---

struct ProfileValue {
    const char* key;
    const char* type;
    std::string value;  // as TOML
};

std::vector<ProfileValue> values_of(const Profile& profile) {
    const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
    const auto as_toml = [](const std::string& text) { return Json(text).dump(); };
    const std::string units =
        profile.codegen_units ? to_text(static_cast<unsigned long long>(*profile.codegen_units)) : std::string();
    return {{"opt-level", "one of 0, 1, 2, 3, s, z", as_toml(profile.opt_level)},
            {"lto", "one of false, true, off, thin, fat", as_toml(profile.lto)},
            {"codegen-units", "a number", units},
            {"debug", "one of 0, 1, 2, line-directives-only, line-tables-only", as_toml(profile.debuginfo)},
            {"split-debuginfo", "one of off, packed, unpacked",
             profile.split_debuginfo.empty() ? std::string() : as_toml(profile.split_debuginfo)},
            {"debug-assertions", "true or false", flag(profile.debug_assertions)},
            {"overflow-checks", "true or false", flag(profile.overflow_checks)},
            {"panic", "one of unwind, abort", as_toml(profile.panic)},
            {"strip", "one of none, debuginfo, symbols", as_toml(profile.strip)},
            {"rpath", "true or false", flag(profile.rpath)},
            {"incremental", "true or false", flag(profile.incremental)}};
}

// Where a profile's key is said: cargo's configuration before the manifest, the profile before what it inherits.
std::string origin_of(const ResolvedGraph& graph, const CrateRequest& request, const std::string& profile,
                      const std::string& key) {
    std::string name = profile;
    for (int depth = 0; depth < 16 && !name.empty(); ++depth) {
        const std::string dotted = cat("profile.", name, ".", key);
        const Where configured = graph.config.where(dotted);
        if (configured.file == "--config" && !request.overrides_said_by.empty()) return request.overrides_said_by;
        if (!configured.file.empty()) return text_of(configured);
        const Toml* said = graph.workspace.root_document.find_path(dotted);
        if (said != nullptr) return cat(graph.workspace.root_manifest, ":", said->line);
        const Toml* next = graph.workspace.root_document.find_path(cat("profile.", name, ".inherits"));
        std::string above =
            next != nullptr ? next->string() : graph.config.string(cat("profile.", name, ".inherits")).value_or("");
        name = std::move(above);
    }
    return "default";
}

Status list_profile(const ResolvedGraph& graph, const CrateRequest& request, const std::string& consumer,
                    std::vector<Knob>& out) {
    const std::string& name = graph.request.profile;
    TRY(set, select_profile(graph.workspace.root_document, graph.workspace.root_manifest, graph.config, name));
    TRY(bare, select_profile(Toml(), "", CargoConfig(), set.root == "release" ? "release" : "dev"));
    const std::vector<ProfileValue> standard = values_of(bare.base);
    const std::vector<ProfileValue> used = values_of(set.base);
    const auto add = [&](const std::string& key, const std::string& type, std::string value, std::string initial,
                         std::string user) {
        Knob knob;
        knob.group = "profiles";
        knob.path = cat("cargo.profile.", name, ".", key);
        knob.type = type;
        knob.default_text = std::move(initial);
        knob.value = std::move(value);
        knob.origin = origin_of(graph, request, name, key);
        knob.doc = cat("-C cargo.config='[\"profile.", name, ".", key, "=…\"]' sets it.");
        knob.consumers = {std::move(user)};
        out.push_back(std::move(knob));
    };
    for (std::size_t i = 0; i < used.size(); ++i)
        add(used[i].key, used[i].type, used[i].value, standard[i].value, consumer);
    const Toml& table = set.chain.front();
    if (const Toml* host = table.find("build-override")) {
        for (const auto& [key, value] : host->table())
            add(cat("build-override.", key), "as in the profile", value.to_json().dump(), "",
                "build scripts, proc-macros");
    }
    const Toml* packages = table.find("package");
    for (const auto& [spec, layer] : packages != nullptr ? packages->table() : Toml::Table()) {
        for (const auto& [key, value] : layer.table())
            add(cat("package.", spec, ".", key), "as in the profile", value.to_json().dump(), "", cat("crate ", spec));
    }
    return {};
}

// --- what steps read ---

class Variables {
   public:
    void add(const std::string& name, const std::string& consumer) {
        if (!name.empty()) consumers_[name].insert(consumer);
    }
    void list(std::vector<Knob>& out) const {
        for (const auto& [name, who] : consumers_) {
            Knob knob;
            knob.group = "environment";
            knob.path = name;
            knob.type = "text";
            knob.consumers.assign(who.begin(), who.end());
            out.push_back(std::move(knob));
        }
    }

   private:
    std::map<std::string, std::set<std::string>> consumers_;
};

// Variables of which every script has its own, whatever the user's are.
std::set<std::string> own_variables(const ResolvedGraph& graph, std::size_t unit) {
    std::set<std::string> own = {"PATH", "HOME", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LC_ALL", "PWD", "USER"};
    const Command command =
        script_command(graph.units, unit, graph.request, graph.layout, ScriptOutputs(), graph.config);
    for (const auto& [name, value] : command.environment) own.insert(name);
    if (looks_for_python(graph.units, unit)) own.insert("PYO3_CONFIG_FILE");
    return own;
}

// What a script asked over its channel, as switches of its crate's rule.
void asked_by_script(const ResolvedGraph& graph, std::size_t index, const exec::Outcome& ran, std::vector<Knob>& out) {
    const Package& package = *graph.units.units[index].package;
    for (Knob& knob : talk::knobs_of(ran, cat("crates.", package.name), asker_of(graph, index),
                                     cat("build script of ", shown(package)))) {
        const bool known = std::any_of(out.begin(), out.end(), [&](const Knob& one) { return one.path == knob.path; });
        if (!known) out.push_back(std::move(knob));
    }
}

// What a script that ran said of what can be set: this is where what scripts declare joins the list.
void declared_by_script(exec::Executor& executor, const ResolvedGraph& graph, std::size_t index,
                        const exec::Outcome& ran, Variables& variables) {
    const Unit& unit = graph.units.units[index];
    Result<std::string> printed = executor.store().get(ran.stdout_digest);
    if (!printed.ok()) return;
    Result<ScriptOutput> output = parse_directives(*printed, directive_context(unit, graph.config));
    if (!output.ok() || output->rerun_if_env_changed.empty()) return;
    const std::set<std::string> own = own_variables(graph, index);
    for (const std::string& name : output->rerun_if_env_changed) {
        if (own.count(name) == 0) variables.add(name, cat("build script of ", shown(*unit.package)));
    }
}

void list_steps(exec::Executor& executor, const ResolvedGraph& graph, CrateKnobs& out) {
    Variables variables;
    std::set<std::string> switched;
    bool scripts = false;
    for (std::size_t i = 0; i < graph.units.units.size(); ++i) {
        const Unit& unit = graph.units.units[i];
        if (!unit.package) continue;
        std::optional<exec::Outcome> ran = executor.last_outcome(unit.label);
        if (!unit.is_run()) {
            for (const exec::Leaf& leaf : ran ? ran->leaves : std::vector<exec::Leaf>()) {
                const bool variable = leaf.type == exec::Leaf::Type::Env || leaf.type == exec::Leaf::Type::Asked;
                if (variable) variables.add(leaf.name, cat("crate ", shown(*unit.package)));
            }
            continue;
        }
        scripts = true;
        const CrateRule* rule = graph.settings->rule_for(*unit.package);
        if (rule == nullptr && switched.insert(unit.package->name).second) {
            for (Knob& knob : options::crate_switches(unit.package->name)) out.knobs.push_back(std::move(knob));
        }
        if (unit.links_overridden || (rule != nullptr && rule->deny_run)) continue;
        if (rule != nullptr) {
            for (const std::string& name : rule->pass_env)
                variables.add(name, cat("build script of ", shown(*unit.package)));
        }
        if (ran) {
            declared_by_script(executor, graph, i, *ran, variables);
            asked_by_script(graph, i, *ran, out.knobs);
        } else {
            out.not_run.push_back(shown(*unit.package));
        }
    }
    if (scripts) {
        for (const std::string& name : script_variables(graph)) variables.add(name, "every build script");
    }
    variables.list(out.knobs);
}

}  // namespace knobs_detail

ListKnobs::ListKnobs(CrateRequest request, std::string consumer)
    : request_(std::make_shared<const CrateRequest>(std::move(request))),
      consumer_(std::move(consumer)),
      identity_(request_identity(*request_)),
      text_(cat(consumer_, " ", identity_)) {}

engine::Task<std::shared_ptr<const CrateKnobs>> run(engine::Build build, ListKnobs key) {
    SharedGraph graph = co_await build.get(ResolveGraph(key.request(), key.identity()));
    auto found = std::make_shared<CrateKnobs>();
    knobs_detail::Features features(*graph, *key.request(), key.consumer());
    features.collect();
    features.list(found->knobs);
    CO_TRY_VOID(knobs_detail::list_profile(*graph, *key.request(), key.consumer(), found->knobs));
    knobs_detail::list_steps(build.service<exec::Executor>(), *graph, *found);
    co_return std::shared_ptr<const CrateKnobs>(found);
}

}  // namespace cermet::rust
