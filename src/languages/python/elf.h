// Elf: what the dynamic linker will ask of and find in a shared object or program, read from its bytes.
// SPDX-License-Identifier: MIT
//
// ELF32 and ELF64, both byte orders. Reads the dynamic segment by program headers, so stripped files work. Bytes are
// untrusted: every offset is checked; a broken file is a Project error. Source: gABI 4.1, LSB 5 symbol versioning.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet::python {

struct ElfSymbol {
    std::string name;
    std::string version;  // GLIBC_2.17 or ""
    std::string library;  // the needed library that gives the version (undefined symbols), or ""
    bool weak = false;
    bool function = false;
};

// The name of platform tags: x86_64, i686, aarch64, armv7l, ppc64le, s390x, riscv64, loongarch64 or "".
std::string elf_arch(std::uint16_t machine, int bits, bool little_endian);

struct ElfFile {
    int bits = 64;
    bool little_endian = true;
    std::uint16_t type = 0;     // 2 executable, 3 shared object or position-independent executable
    std::uint16_t machine = 0;  // 62 x86-64, 183 aarch64, …
    std::uint32_t flags = 0;
    std::string interpreter;  // PT_INTERP; set in programs
    std::string soname;
    std::vector<std::string> needed;
    std::vector<std::string> rpath;
    std::vector<std::string> runpath;
    std::vector<ElfSymbol> undefined;
    std::vector<ElfSymbol> exported;
    std::map<std::string, std::set<std::string>> version_needs;  // library -> versions, from .gnu.version_r
    bool text_relocations = false;
    bool executable_stack = false;

    bool exports(std::string_view name) const;
    std::string arch() const { return elf_arch(machine, bits, little_endian); }
};

bool is_elf(std::string_view bytes);
Result<ElfFile> read_elf(std::string_view bytes, std::string_view name);

}  // namespace cermet::python
