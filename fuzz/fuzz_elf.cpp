// Fuzzes the ELF reader: any bytes give a description or an error, in bounded time.
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "languages/python/manylinux.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace cermet::python;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto elf = read_elf(bytes, "fuzz.so");
    if (!elf.ok()) return 0;
    NativeFile file;
    file.path = "fuzz.so";
    file.elf = *elf;
    auto choice = choose_platform({file}, "linux_" + elf->arch());
    if (choice.ok() && choice->platforms.empty()) std::abort();
    return 0;
}
