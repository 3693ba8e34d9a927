// Distribution archives: the wheel, the sdist and the editable wheel of a package, as keys.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"

namespace cermet::python {

struct BuiltArchive {
    std::string file_name;
    exec::Input file;
    std::vector<std::string> notices;  // stale native files left out, …
    bool operator==(const BuiltArchive& o) const { return file_name == o.file_name && file == o.file; }
};

class BuildWheel {
   public:
    using Value = BuiltArchive;
    static constexpr std::string_view k_name = "wheel";
    std::string text() const { return {}; }
    std::string describe() const { return "building the wheel"; }
    engine::Drawn drawn() const { return {"wheel", "", ""}; }
};
engine::Task<BuiltArchive> run(engine::Build build, BuildWheel key);

class BuildSdist {
   public:
    using Value = BuiltArchive;
    static constexpr std::string_view k_name = "sdist";
    std::string text() const { return {}; }
    std::string describe() const { return "building the sdist"; }
    engine::Drawn drawn() const { return {"sdist", "", ""}; }
};
engine::Task<BuiltArchive> run(engine::Build build, BuildSdist key);

// PEP 660: a wheel whose only content is a path file to the source root; the modules are placed by `develop`.
class BuildEditable {
   public:
    using Value = BuiltArchive;
    static constexpr std::string_view k_name = "editable-wheel";
    std::string text() const { return {}; }
    std::string describe() const { return "building the editable wheel"; }
    engine::Drawn drawn() const { return {"editable", "", ""}; }
};
engine::Task<BuiltArchive> run(engine::Build build, BuildEditable key);

}  // namespace cermet::python
