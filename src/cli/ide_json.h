// IdeJson: compile_commands.json and rust-project.json from actions. Pure functions; see ide.cpp.
// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "exec/action.h"

namespace cermet::cli {

// What the functions below ask of the machine.
class RealText {
   public:
    virtual ~RealText() = default;
    virtual std::string text(std::string_view canonical) const = 0;            // every path in a text
    virtual std::string also(std::string_view canonical_directory) const = 0;  // a second real directory, or ""
    virtual bool exists(const std::string& real_path) const = 0;
};

using SharedActions = std::vector<std::shared_ptr<const exec::Action>>;

Json compile_commands(const SharedActions& actions, const RealText& real);
Json rust_project(const SharedActions& actions, const RealText& real);

}  // namespace cermet::cli
