// Payload: everything that goes into a wheel besides metadata: Python files, built modules, programs, version file.
// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/shared_libraries.h"
#include "languages/python/tags.h"

namespace cermet::python {

struct PayloadFile {
    std::string wheel_path;
    exec::Input file;  // empty path: the bytes below
    std::string bytes;
    bool executable = false;
    bool operator==(const PayloadFile&) const = default;
};

struct Payload {
    std::vector<PayloadFile> files;  // sorted by wheel_path
    std::vector<BuiltModule> modules;
    std::vector<BuiltLibrary> libraries;
    std::vector<BuiltProgram> programs;
    std::vector<std::string> notices;
};
using SharedPayload = std::shared_ptr<const Payload>;

class CollectPayload {
   public:
    using Value = SharedPayload;
    static constexpr std::string_view k_name = "payload";
    std::string text() const { return {}; }
};
engine::Task<SharedPayload> run(engine::Build build, CollectPayload key);

// Everything the package builds, without collecting Python files: what develop and ide need.
class BuildModules {
   public:
    using Value = std::vector<BuiltModule>;
    static constexpr std::string_view k_name = "modules";
    std::string text() const { return {}; }
};
engine::Task<std::vector<BuiltModule>> run(engine::Build build, BuildModules key);

// "__version__ = …": the file that `version.write` names.
std::string version_file_text(const Version& version);

}  // namespace cermet::python
