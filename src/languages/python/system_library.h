// A library of the system, as pkg-config describes it.
// SPDX-License-Identifier: MIT
//
// The files that describe it, and those that they require, are inputs: when one of them changes, or another comes to stand
// before it, who uses the library is built again. In a cross build the target has a pkg-config of its own: the build
// machine's answers nothing of another one. Failures: Environment (no pkg-config), Step (it does not know the library).
#pragma once
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/build.h"
#include "languages/c/c.h"
#include "languages/python/modules.h"

namespace cermet::python {

class ProvideSystem {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-system";
    ProvideSystem(std::string name, Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_ + shown_machine(machine_); }
    engine::Drawn drawn() const { return {"library", "sys:" + text(), "sys:" + text()}; }
    const std::string& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    std::string name_;
    Machine machine_;
};
engine::Task<c::Provides> run(engine::Build build, ProvideSystem key);

// The file that describes it, and those of what it requires.
class SystemFiles {
   public:
    using Value = std::vector<exec::Input>;
    static constexpr std::string_view k_name = "system-files";
    SystemFiles(std::string name, Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_ + shown_machine(machine_); }
    const std::string& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    std::string name_;
    Machine machine_;
};
engine::Task<std::vector<exec::Input>> run(engine::Build build, SystemFiles key);

// Names that a pkg-config file requires, publicly or not: "a >= 1.2, b" of its fields Requires and Requires.private.
std::vector<std::string> required_packages(std::string_view text);

}  // namespace cermet::python
