// Fuzz: static libraries, objects and shared libraries, read for their binary interface; C++ names of any bytes.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string_view>

#include "languages/python/library_abi.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    cermet::platform::read_cxx_name(bytes);
    auto abi = cermet::python::read_library_abi(bytes, "fuzz.a");
    if (abi.ok() && !abi->parts.empty()) {
        cermet::platform::abi_conflicts(abi->parts[0].abi, abi->parts.back().abi);
        if (abi->parts[0].abi.text().empty()) __builtin_trap();
    }
    return 0;
}
