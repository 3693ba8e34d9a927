// NativeTarget: what C modules, Cython modules, libraries and programs have in common: sources to objects to a link.
// SPDX-License-Identifier: MIT
// A value that the module and program rules fill from their tables; BuildNative compiles and links it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"
#include "languages/c/c.h"
#include "languages/python/environment.h"
#include "languages/python/link_check.h"
#include "options/config.h"

namespace cermet::python {

struct NativeTarget {
    std::string name;
    std::string output;  // file name; "" for a static library's objects only
    c::LinkKind kind = c::LinkKind::Module;
    bool archive = false;                   // a static library instead of a link
    std::vector<exec::Input> sources;       // canonical; digests empty for files of the checkout
    std::vector<std::string> include_dirs;  // canonical, in order
    std::map<std::string, std::string> defines;
    std::vector<std::string> c_flags, cxx_flags;  // after the contract's
    std::vector<std::string> link_flags;
    std::vector<LinkWord> link_words;  // the same, with who said them
    std::vector<std::string> uses;     // "rust:core" …
    Where uses_place;                  // of the list
    Where place;
    std::vector<std::string> exports;
    std::string std;  // "c11", "c++20": -std=
    bool python_flags = true;
    Machine machine = Machine::Target;
    bool unity = false;           // sources of one directory are compiled together
    std::string wheel_directory;  // where the file lies in the wheel; of an installed command "bin"
    std::string project_file;     // for errors
    std::string identity_text() const;
};

class BuildNative {
   public:
    using Value = exec::Outcome;
    static constexpr std::string_view k_name = "native";
    explicit BuildNative(NativeTarget target);
    std::string text() const { return text_; }
    const NativeTarget& target() const { return *target_; }

   private:
    std::shared_ptr<const NativeTarget> target_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, BuildNative key);

// Fills the fields that every native table shares.
void fill(NativeTarget& target, const options::NativeOptions& options, const options::Config& config);

}  // namespace cermet::python
