// SystemLibraries: files that a link takes because build scripts printed their names, and that no step of this build made.
// SPDX-License-Identifier: MIT
//
// `rustc-link-lib=z` means the file that the linker finds first: in the directories that scripts printed, then in the C
// compiler's own. What it is decides the result, so it is in the key of the unit that links it (exec::k_system_file).
// A name that is found nowhere is the linker's to judge. Source: ld(1), -l.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/build.h"

namespace cermet::rust {

using SystemFiles = std::map<std::string, std::string>;  // for Action::platform

class SystemLibraries {
   public:
    using Value = SystemFiles;
    static constexpr std::string_view k_name = "system-libraries";
    // `paths`: "native=/usr/lib/ssl"; `names`: "static=z", "dylib:+verbatim=libz.so.1"; as scripts print them.
    SystemLibraries(std::vector<std::string> paths, std::vector<std::string> names, std::vector<std::string> order);
    std::string text() const;
    const std::vector<std::string>& directories() const { return directories_; }
    const std::vector<std::string>& names() const { return names_; }

   private:
    std::vector<std::string> directories_;
    std::vector<std::string> names_;
};
engine::Task<SystemFiles> run(engine::Build build, SystemLibraries key);

}  // namespace cermet::rust
