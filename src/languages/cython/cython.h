// Cython: turning .pyx and .py sources into C or C++, with the build environment's own Cython.
// SPDX-License-Identifier: MIT
//
// The public header of the room: keys and values. Every file that Cython opens, and every place where it looked in
// vain, becomes a leaf of the step: an edited .pxi re-runs exactly its includers, a new .pxd that would shadow another
// is seen. The C never lies in the tree; it is kept with the step's outputs for debuggers.
// Does not know how Python environments are found: the python room gives a Compiler.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "exec/action.h"
#include "exec/run.h"
#include "languages/c/c.h"

namespace cermet::cython {

// One Cython in one Python: what the worker is keyed by.
struct Compiler {
    std::string python;                    // canonical path of the interpreter
    std::string version;                   // Cython's
    std::vector<std::string> search_path;  // canonical PYTHONPATH: Cython itself and packages with .pxd files
    std::string digest;                    // hex: interpreter, Cython's files
    bool operator==(const Compiler&) const = default;
};

struct Module {
    std::string name;    // "rustybt.lib.rank"
    exec::Input source;  // digest may be empty: then it is a leaf of the checkout
    c::Language language = c::Language::C;
    std::map<std::string, Json> directives;
    std::map<std::string, Json> compile_time_env;
    std::vector<std::string> include_path;  // canonical: searched for cimports and includes, after the project
    std::string directory;                  // canonical: the root of the packages; Cython's working directory
    std::vector<exec::Input> inputs;        // generated .pxd files
    bool annotate = false;
    Compiler compiler;
};

class Cythonize {
   public:
    using Value = exec::Outcome;  // "<stem>.c" or ".cpp"; maybe "<stem>.h", "<stem>_api.h", "<stem>.html"
    static constexpr std::string_view k_name = "cythonize";
    explicit Cythonize(Module module);
    std::string text() const { return text_; }
    std::string describe() const;
    const Module& module() const { return *module_; }

   private:
    std::shared_ptr<const Module> module_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, Cythonize key);

// The generated source's file name: "rank.c".
std::string generated_name(const Module& module);

}  // namespace cermet::cython
