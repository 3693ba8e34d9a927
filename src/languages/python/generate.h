// Generate: any command with declared inputs and outputs, as a step of the graph.
// SPDX-License-Identifier: MIT
// Outputs are paths of the project; the checkout is never written: they stand in the mirror, over checked-in copies. What it
// provides over its channel (docs/protocol.md) lies in a directory of its own, which OUT_DIR names.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"
#include "facts/fact.h"
#include "options/config.h"

namespace cermet::python {

struct Generated {
    exec::Outcome outcome;
    std::vector<facts::Fact> facts;    // what it provided over its channel: part of the outcome
    std::vector<exec::Input> headers;  // of its files those that it calls so over its channel: likewise
    bool operator==(const Generated& o) const { return outcome == o.outcome; }
};

class RunGenerate {
   public:
    using Value = Generated;
    static constexpr std::string_view k_name = "generate";
    explicit RunGenerate(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    std::string describe() const { return "generating " + name_; }
    engine::Drawn drawn() const { return {"generator", name_, name_}; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<Generated> run(engine::Build build, RunGenerate key);

// The label of its step, by which the result of its last run is found.
std::string generator_label(const options::Generate& table);

// Its process. Stage 0 has no channel: there generators are silent.
class RunTalking {
   public:
    using Value = Generated;
    static constexpr std::string_view k_name = "generator";
    RunTalking(std::string name, exec::Action action);
    std::string text() const { return text_; }
    const std::string& name() const { return name_; }
    const exec::Action& action() const { return *action_; }

   private:
    std::string name_;
    std::shared_ptr<const exec::Action> action_;
    std::string text_;
};
engine::Task<Generated> run(engine::Build build, RunTalking key);

}  // namespace cermet::python
