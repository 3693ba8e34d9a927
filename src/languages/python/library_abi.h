// LibraryAbi: the binary interface that a native file shows: shared object, static library or object, read as ELF.
// SPDX-License-Identifier: MIT
//
// Names count where bytes say nothing: module suffixes and libpython's version. Files of other formats (linker scripts,
// bitcode) show nothing. Source: gABI, Itanium C++ ABI, PEP 384, 703, 3149.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "languages/c/c.h"
#include "languages/python/interpreter.h"
#include "platform/abi.h"

namespace cermet::python {

struct LibraryPart {
    std::string member;  // of a static library, "tree.o"; "" = the file itself
    platform::AbiRecord abi;
};

struct LibraryAbi {
    std::vector<LibraryPart> parts;                 // empty: nothing is known
    std::map<std::string, std::string> calls;       // undefined symbols of objects -> the member that needs it
    std::set<std::string> cxx_offered, cxx_called;  // as CxxName::entity
};

// `name` as the file is called; only its last part counts. A broken file is a Project error.
Result<LibraryAbi> read_library_abi(std::string_view bytes, std::string_view name);

platform::AbiRecord abi_of(const c::Toolchain& toolchain);
platform::PythonAbi abi_of(const Interpreter& python);

}  // namespace cermet::python
