// Symbols: after a link, what a module leaves undefined must be offered by Python or by a library it names.
// SPDX-License-Identifier: MIT
//
// The linker cannot refuse such symbols, because every extension leaves Python's undefined; so they are checked here, at
// build time, in place of an ImportError on the user's machine. Also: the init function must be exported.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"

namespace cermet::python {

struct SymbolCheck {
    exec::Input file;
    std::string shown;  // name for errors
    std::string what = "module";
    std::string init_symbol;             // "" = none is needed (shared libraries)
    std::vector<std::string> exports;    // declared beside it; patterns are not looked for
    std::vector<exec::Input> libraries;  // of the same wheel, which it may need
    std::string runtime_library;         // real path of libpython, or of the interpreter that holds it; "": not here
    // Where the target's libraries lie; empty: where this machine's dynamic linker looks.
    std::vector<std::string> directories;
    Where place;
};

class CheckSymbols {
   public:
    using Value = bool;
    static constexpr std::string_view k_name = "check-symbols";
    explicit CheckSymbols(SymbolCheck check) : check_(std::move(check)) {}
    std::string text() const { return check_.shown + " " + check_.file.digest.hex(); }
    const SymbolCheck& check() const { return check_; }

   private:
    SymbolCheck check_;
};
engine::Task<bool> run(engine::Build build, CheckSymbols key);

}  // namespace cermet::python
