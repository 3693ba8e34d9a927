// Fuzzes the depfile parsers: no bytes may crash them, and what they give is free of duplicates and empty names.
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "exec/depfile.h"

static void check(const std::vector<std::string>& names) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
        if (name.empty() || !seen.insert(name).second) std::abort();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto make = cermet::exec::parse_depfile(bytes, "fuzz.d");
    if (make.ok()) check(*make);
    auto rust = cermet::exec::parse_dep_info(bytes, "fuzz.d");
    if (rust.ok()) check(rust->files);
    return 0;
}
