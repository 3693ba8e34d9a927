// ElfSections: what the section headers of an ELF file say: who compiled it, and the symbols of an object.
// SPDX-License-Identifier: MIT
//
// Objects (.o) have no program headers, so elf.h sees nothing in them; stripped files may have no section headers: then
// everything here is empty. Bytes are untrusted; a broken file is a Project error. Source: gABI 4.1.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet::python {

struct ObjectSymbol {
    std::string name;
    bool defined = false;
    bool weak = false;
};

struct ElfSections {
    int bits = 64;
    bool little_endian = true;
    std::uint16_t type = 0;             // 1 relocatable object, 2 program, 3 shared object
    std::uint16_t machine = 0;          // as ElfFile::machine
    std::vector<std::string> comments;  // .comment: "GCC: (Debian 12.2.0-14) 12.2.0", "rustc version 1.95.0 (…)"
    bool rust_metadata = false;         // .rustc: a dylib that other Rust code is compiled against
    std::vector<ObjectSymbol> symbols;  // of an object: the global ones
};

Result<ElfSections> read_elf_sections(std::string_view bytes, std::string_view name);

}  // namespace cermet::python
