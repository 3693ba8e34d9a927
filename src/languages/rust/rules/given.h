// What rules for crates give to a build script: that of its own crate, and those for users of what it is built with.
// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <string>
#include <vector>

#include "languages/rust/rules/graph.h"
#include "talk/talk.h"

namespace cermet::rust {

// The rules in whose words a run's script is given something, the one of its own crate first: of two that set one variable
// the first counts.
std::vector<const CrateRule*> rules_for_script(const ResolvedGraph& graph, std::size_t run);

struct Given {
    std::map<std::string, std::string> env;
    std::vector<std::string> pass_env;
    std::vector<std::string> path;                // directories of its tools
    std::vector<exec::Input> inputs;              // behind its variables and tools
    std::map<std::string, std::string> platform;  // programs of the machine
    bool network = false;
    bool operator==(const Given&) const = default;
    void add_to(exec::Action& action) const;
};

// For a run what its script is given, for a rustc call what the rule of its crate says of its environment.
class GivenByRules {
   public:
    using Value = Given;
    static constexpr std::string_view k_name = "given-by-rules";
    GivenByRules(SharedGraph graph, std::size_t unit);
    std::string text() const { return text_; }
    const ResolvedGraph& graph() const { return *graph_; }
    std::size_t unit() const { return unit_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    std::string text_;
};
engine::Task<Given> run(engine::Build build, GivenByRules key);

// The directives that a rule says in place of a script, with places in the place of their names.
class SaidByRule {
   public:
    struct Said {
        std::string text;  // as a script would have printed them
        std::vector<exec::Input> inputs;
        bool operator==(const Said&) const = default;
    };
    using Value = Said;
    static constexpr std::string_view k_name = "said-by-rule";
    SaidByRule(SharedGraph graph, std::size_t run);
    std::string text() const { return text_; }
    const ResolvedGraph& graph() const { return *graph_; }
    std::size_t unit() const { return unit_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    std::string text_;
};
engine::Task<SaidByRule::Said> run(engine::Build build, SaidByRule key);

}  // namespace cermet::rust
