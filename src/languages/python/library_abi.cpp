// Reading the binary interface of native files.
// SPDX-License-Identifier: MIT
#include "languages/python/library_abi.h"

#include <algorithm>

#include "base/archive/ar.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/elf.h"
#include "languages/python/elf_sections.h"
#include "languages/python/manylinux.h"

namespace cermet::python {
namespace library_abi_detail {

using platform::AbiRecord;
using platform::CxxStrings;
using platform::PythonAbi;

bool starts_with(std::string_view text, std::string_view head) { return text.substr(0, head.size()) == head; }

bool digit(char c) { return c >= '0' && c <= '9'; }

// "39", "3.9", "313t", "3.13td" after cpython- or libpython; nothing where it is neither.
PythonAbi version_and_flags(std::string_view text) {
    PythonAbi abi;
    if (text.empty() || text[0] != '3') return abi;
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '.') text.remove_prefix(1);
    std::size_t at = 0;
    while (at < text.size() && at < 3 && digit(text[at])) ++at;
    if (at == 0) return abi;
    abi.minor = std::atoi(std::string(text.substr(0, at)).c_str());
    for (; at < text.size() && text[at] >= 'a' && text[at] <= 'z'; ++at) {
        abi.free_threaded = abi.free_threaded || text[at] == 't';
        abi.debug = abi.debug || text[at] == 'd';
    }
    return abi;
}

// "_core.cpython-313t-x86_64-linux-gnu.so", "_core.abi3.so", "libpython3.9.so.1.0".
PythonAbi python_of_name(std::string_view name) {
    const std::size_t suffix = name.find(".cpython-");
    if (suffix != std::string_view::npos) return version_and_flags(name.substr(suffix + 9));
    if (starts_with(name, "libpython3.") && contains(name, ".so")) return version_and_flags(name.substr(9));
    PythonAbi abi;
    for (std::string_view stable : {".abi3.", ".abi3-", ".abi3t.", ".abi3t-"}) {
        if (!contains(name, stable)) continue;
        abi.stable = true;
        abi.free_threaded = abi.free_threaded || contains(stable, "t");
    }
    return abi;
}

// What Python's headers write into objects for a debug or a free-threaded interpreter only (object.h, refcount.h).
void python_of_symbol(std::string_view name, PythonAbi& abi) {
    for (std::string_view debug :
         {"_Py_RefTotal", "_Py_NegativeRefcount", "_Py_INCREF_IncRefTotal", "_Py_DECREF_DecRefTotal"}) {
        abi.debug = abi.debug || name == debug;
    }
    for (std::string_view free : {"_Py_DecRefShared", "_Py_DecRefSharedDebug", "_Py_MergeZeroLocalRefcount"}) {
        abi.free_threaded = abi.free_threaded || name == free;
    }
}

// Functions that glibc's headers put in the place of others; musl has none of these names.
bool only_in_glibc(std::string_view name) {
    if (starts_with(name, "__isoc99_") || starts_with(name, "__isoc23_")) return true;
    return starts_with(name, "__") && name.size() > 6 && name.substr(name.size() - 4) == "_chk";
}

// Symbols, one by one, become the record of a file.
class SymbolReader {
   public:
    SymbolReader(AbiRecord& record, LibraryAbi& library) : record_(record), library_(library) {}

    // `offered`: defined for others and not by every file that includes a header.
    void add(std::string_view name, bool defined, bool offered) {
        if (!defined) {
            python_of_symbol(name, record_.python);
            if (record_.libc.empty() && only_in_glibc(name)) record_.libc = "glibc";
        }
        const platform::CxxName cxx = platform::read_cxx_name(name);
        if (!cxx.cxx) return;
        if (offered && !cxx.entity.empty()) library_.cxx_offered.insert(cxx.entity);
        if (!defined && !cxx.entity.empty()) library_.cxx_called.insert(cxx.entity);
        libcxx_ = libcxx_ || cxx.libcxx;
        libstdcxx_ = libstdcxx_ || cxx.cxx11 || cxx.old_strings;
        cxx11_ = cxx11_ || cxx.cxx11;
        old_ = old_ || cxx.old_strings;
    }

    // After the last symbol.
    void finish() {
        if (libcxx_ != libstdcxx_ && record_.cxx_library.empty())
            record_.cxx_library = libcxx_ ? "libc++" : "libstdc++";
        if (cxx11_ != old_) record_.cxx_strings = cxx11_ ? CxxStrings::Cxx11 : CxxStrings::Old;
    }

   private:
    AbiRecord& record_;
    LibraryAbi& library_;
    bool libcxx_ = false, libstdcxx_ = false, cxx11_ = false, old_ = false;
};

void read_comments(const std::vector<std::string>& comments, AbiRecord& record) {
    constexpr std::string_view head = "rustc version ";
    for (const std::string& comment : comments) {
        if (starts_with(comment, head)) record.rustc = comment.substr(head.size());
    }
}

AbiRecord machine_of(std::uint16_t machine, int bits, bool little_endian) {
    AbiRecord record;
    record.arch = elf_arch(machine, bits, little_endian);
    record.pointer_width = bits;
    record.byte_order = little_endian ? platform::ByteOrder::Little : platform::ByteOrder::Big;
    return record;
}

AbiRecord object_abi(const ElfSections& object, LibraryAbi& library, const std::string& member) {
    AbiRecord record = machine_of(object.machine, object.bits, object.little_endian);
    read_comments(object.comments, record);
    record.rust_interface = object.rust_metadata;
    SymbolReader symbols(record, library);
    for (const ObjectSymbol& symbol : object.symbols) {
        symbols.add(symbol.name, symbol.defined, symbol.defined && !symbol.weak);
        if (!symbol.defined) library.calls.emplace(symbol.name, member);
    }
    symbols.finish();
    return record;
}

void read_needed(const ElfFile& elf, AbiRecord& record) {
    for (const std::string& library : elf.needed) {
        if (starts_with(library, "libstdc++.so")) record.cxx_library = "libstdc++";
        if (starts_with(library, "libc++.so")) record.cxx_library = "libc++";
        if (library == "libc.so.6") record.libc = "glibc";
        const PythonAbi python = python_of_name(library);
        if (python.known()) record.python = python;
    }
    if (uses_musl(elf)) record.libc = "musl";
    for (const auto& [library, versions] : elf.version_needs) {
        for (const std::string& version : versions) {
            if (!starts_with(version, "GLIBC_2.")) continue;
            record.libc = "glibc";
            const std::string number = version.substr(6);
            if (record.libc_version.empty() || platform::older_version(record.libc_version, number)) {
                record.libc_version = number;
            }
        }
    }
    if (!record.libc.empty()) record.os = "linux";
}

Result<AbiRecord> shared_abi(std::string_view bytes, std::string_view name, LibraryAbi& library) {
    TRY(elf, read_elf(bytes, name));
    TRY(sections, read_elf_sections(bytes, name));
    AbiRecord record = machine_of(elf.machine, elf.bits, elf.little_endian);
    read_comments(sections.comments, record);
    record.rust_interface = sections.rust_metadata;
    read_needed(elf, record);
    SymbolReader symbols(record, library);
    for (const ElfSymbol& symbol : elf.undefined) symbols.add(symbol.name, false, false);
    for (const ElfSymbol& symbol : elf.exported) symbols.add(symbol.name, true, !symbol.weak);
    symbols.finish();
    const PythonAbi python = python_of_name(file_name(name));
    if (python.known()) record.python = python;
    return record;
}

Result<LibraryAbi> archive_abi(std::string_view bytes, std::string_view name) {
    LibraryAbi out;
    TRY(members, read_ar(bytes, name));
    const bool rlib =
        std::any_of(members.begin(), members.end(), [](const ArMember& member) { return member.name == "lib.rmeta"; });
    for (const ArMember& member : members) {
        if (!is_elf(member.bytes) || member.name == "lib.rmeta") continue;
        TRY(object, read_elf_sections(member.bytes, cat(name, "(", member.name, ")")));
        AbiRecord record = object_abi(object, out, member.name);
        record.rust_interface = rlib;
        const bool seen = std::any_of(out.parts.begin(), out.parts.end(),
                                      [&record](const LibraryPart& part) { return part.abi == record; });
        if (!seen) out.parts.push_back({member.name, record});
    }
    return out;
}

}  // namespace library_abi_detail

Result<LibraryAbi> read_library_abi(std::string_view bytes, std::string_view name) {
    using namespace library_abi_detail;
    LibraryAbi out;
    if (is_ar(bytes)) return archive_abi(bytes, name);
    if (!is_elf(bytes)) return out;
    TRY(sections, read_elf_sections(bytes, name));
    if (sections.type == 1) {
        out.parts.push_back({"", object_abi(sections, out, "")});
        return out;
    }
    TRY(record, shared_abi(bytes, name, out));
    out.parts.push_back({"", record});
    return out;
}

platform::AbiRecord abi_of(const c::Toolchain& toolchain) {
    const platform::TargetFacts facts = platform::facts_of(toolchain.target);
    platform::AbiRecord record;
    const std::string tag = toolchain.target.python_platform();
    record.arch = tag.substr(std::min(tag.size(), tag.find('_') + 1));
    record.pointer_width = facts.pointer_width;
    record.byte_order = facts.byte_order;
    record.os = facts.os;
    record.libc = toolchain.libc;
    record.libc_version = toolchain.libc_version;
    record.cxx_library = toolchain.runtime.cxx_library;
    if (record.cxx_library == "libstdc++") {
        record.cxx_strings = toolchain.runtime.cxx11_abi ? platform::CxxStrings::Cxx11 : platform::CxxStrings::Old;
    }
    return record;
}

platform::PythonAbi abi_of(const Interpreter& python) {
    platform::PythonAbi abi;
    if (python.implementation != "cpython") return abi;
    abi.major = python.major;
    abi.minor = python.minor;
    abi.free_threaded = python.gil_disabled;
    abi.debug = python.debug;
    return abi;
}

}  // namespace cermet::python
