// Generate: any command with declared inputs and outputs, as a step of the graph.
// SPDX-License-Identifier: MIT
// Outputs are paths of the project; the checkout is never written: they stand in the mirror, over checked-in copies.
#pragma once
#include <string>

#include "engine/build.h"
#include "exec/action.h"

namespace cermet::python {

class RunGenerate {
   public:
    using Value = exec::Outcome;
    static constexpr std::string_view k_name = "generate";
    explicit RunGenerate(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    std::string describe() const { return "generating " + name_; }
    engine::Drawn drawn() const { return {"generator", name_, name_}; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<exec::Outcome> run(engine::Build build, RunGenerate key);

}  // namespace cermet::python
