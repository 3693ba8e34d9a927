// Checking what a finished module exports and leaves undefined.
// SPDX-License-Identifier: MIT
#include "languages/python/symbols.h"

#include <set>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/python/elf.h"
#include "languages/python/libraries.h"
#include "platform/os.h"
#include "platform/triple.h"

namespace cermet::python {
namespace symbols_detail {

std::string list_of(const std::set<std::string>& names) {
    std::string text;
    std::size_t shown = 0;
    for (const std::string& name : names) {
        if (shown == 8) return cat(text, " and ", names.size() - shown, " more");
        text += (shown++ == 0 ? "" : ", ") + name;
    }
    return text;
}

// Takes away what the running interpreter has loaded (libc, libm and whatever else it names) and what the libraries that
// `module` names offer. Gives whether all of these could be found: of a library in a directory that only the linker was
// told of, this check knows nothing.
Result<bool> take_away_offered(std::set<std::string>& open, const ElfFile& module, const SymbolCheck& check,
                               const exec::Places& places) {
    TRY(runtime, platform::MappedFile::open(check.runtime_library));
    TRY(python, read_elf(runtime.bytes(), check.runtime_library));
    for (const ElfSymbol& symbol : python.exported) open.erase(symbol.name);
    if (open.empty()) return true;
    Libraries libraries =
        check.directories.empty() ? Libraries(platform::host_triple().multiarch()) : Libraries(check.directories);
    for (const exec::Input& input : check.libraries) {
        TRY(mapped, platform::MappedFile::open(places.host(input.path)));
        if (!is_elf(mapped.bytes())) continue;
        TRY(library, read_elf(mapped.bytes(), input.path));
        libraries.add_member(library.soname.empty() ? std::string(file_name(input.path)) : library.soname, library);
    }
    std::set<std::string> missing, missing_of_runtime;
    for (const std::string& name : libraries.offered_to(module, missing)) open.erase(name);
    for (const std::string& name : libraries.offered_to(python, missing_of_runtime)) open.erase(name);
    return missing.empty();
}

}  // namespace symbols_detail

// A symbol with a version was found by the linker in the library that the version belongs to; a weak one may stay
// undefined. What is left must be Python's own.
engine::Task<bool> run(engine::Build build, CheckSymbols key) {
    const SymbolCheck& check = key.check();
    exec::Executor& executor = build.service<exec::Executor>();
    CO_TRY(mapped, platform::MappedFile::open(executor.places().host(check.file.path)));
    if (!is_elf(mapped.bytes())) co_return true;  // other object formats have their own linker's checks
    CO_TRY(elf, read_elf(mapped.bytes(), check.shown));
    if (!check.init_symbol.empty() && !elf.exports(check.init_symbol)) {
        co_return project_error(
            cat("module ", check.shown, " does not export ", check.init_symbol),
            "the init function's name must be the module's last part; for Rust check the name of the "
            "#[pymodule]")
            .at(check.place);
    }
    for (const std::string& name : check.exports) {
        if (has_glob(name) || elf.exports(name)) continue;
        co_return project_error(
            cat("`exports` names ", name, ", and ", check.what, " ", check.shown, " does not define it"),
            "is it spelled as the linker sees it: extern \"C\", and for Rust #[no_mangle] pub?")
            .at(check.place);
    }
    std::set<std::string> open;
    for (const ElfSymbol& symbol : elf.undefined) {
        if (!symbol.weak && symbol.version.empty()) open.insert(symbol.name);
    }
    // What a Python offers that is known only as data, nobody can tell.
    if (open.empty() || check.runtime_library.empty()) co_return true;
    CO_TRY(found_all, symbols_detail::take_away_offered(open, elf, check, executor.places()));
    if (open.empty() || !found_all) co_return true;
    co_return project_error(
        cat(check.what, " ", check.shown, " needs symbols that nothing provides: ", symbols_detail::list_of(open)),
        "add the library that has them to `uses` or `libraries` of this table")
        .at(check.place);
}

}  // namespace cermet::python
