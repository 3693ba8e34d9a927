// A library of the system, as pkg-config describes it.
// SPDX-License-Identifier: MIT
//
// The files that describe it, and those that they require, are inputs: when one of them changes, or another comes to stand
// before it, who uses the library is built again. Failures: Environment (no pkg-config), Step (it does not know the library).
#pragma once
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/build.h"
#include "languages/c/c.h"

namespace cermet::python {

class ProvideSystem {
   public:
    using Value = c::Provides;
    static constexpr std::string_view k_name = "provide-system";
    explicit ProvideSystem(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    engine::Drawn drawn() const { return {"library", "sys:" + name_, "sys:" + name_}; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<c::Provides> run(engine::Build build, ProvideSystem key);

// The file that describes it, and those of what it requires.
class SystemFiles {
   public:
    using Value = std::vector<exec::Input>;
    static constexpr std::string_view k_name = "system-files";
    explicit SystemFiles(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<std::vector<exec::Input>> run(engine::Build build, SystemFiles key);

// Names that a pkg-config file requires, publicly or not: "a >= 1.2, b" of its fields Requires and Requires.private.
std::vector<std::string> required_packages(std::string_view text);

}  // namespace cermet::python
