// Target: the machine that a build is for and the one that it runs on, as the configuration says; a Python known as data.
// SPDX-License-Identifier: MIT
//
// Steps that run something of this project (generators, Cython) take the build machine's; everything that is shipped is
// for the target. Where both are one machine there is only Target, so that every key is asked for once.
#pragma once
#include "languages/c/c.h"
#include "languages/python/environment.h"
#include "options/config.h"

namespace cermet::python {

struct Target {
    platform::Triple triple;
    bool cross = false;                                // another machine than this one
    const options::ToolchainRecord* record = nullptr;  // of the configuration that was asked; null: it says nothing
    bool has_python() const { return record != nullptr && !record->python->empty(); }
};
// The configuration has been checked.
Target target_of(const options::Config& config);
// Of what is for `machine`: whether that is another one than this.
bool is_cross(const options::Config& config, Machine machine);
// The machine of programs that the build itself runs.
Machine machine_of_tools(const options::Config& config);
// What the configuration says of a machine's tools; null: nothing.
const options::ToolchainRecord* toolchain_record(const options::Config& config, Machine machine);
// Of a build for another machine.
c::CrossRecord cross_record(const options::Config& config);

// The target's Python where the configuration names its build-details.json: read, never run.
class DescribedPython {
   public:
    using Value = Python;
    static constexpr std::string_view k_name = "described-python";
    std::string text() const { return {}; }
    std::string describe() const { return "reading the description of the target's Python"; }
};
engine::Task<Python> run(engine::Build build, DescribedPython key);

}  // namespace cermet::python
