// Target triples: the only parser of them in Cermet. "x86_64-unknown-linux-gnu" becomes its parts, spelled once.
// SPDX-License-Identifier: MIT
// Accepts rustc's, GNU's (config.guess) and Debian's multiarch spellings and gives each of them back. Pure values.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace cermet::platform {

struct Triple {
    std::string arch;         // rustc's name: x86_64, aarch64, i686, armv7, riscv64gc …
    std::string vendor;       // unknown, apple, pc
    std::string os;           // linux, darwin, windows, none …
    std::string environment;  // gnu, musl, gnueabihf, msvc or ""

    std::string rust() const;             // x86_64-unknown-linux-gnu
    std::string gnu() const;              // x86_64-linux-gnu, as config.sub prints it
    std::string multiarch() const;        // x86_64-linux-gnu, as Debian and CPython's MULTIARCH write it
    std::string python_platform() const;  // linux_x86_64: the platform tag before any manylinux audit
    int pointer_width() const;
    bool operator==(const Triple&) const = default;
};

Result<Triple> parse_triple(std::string_view text);
Triple host_triple();  // of the machine this binary runs on

// What cargo takes for the host's own triple, where one is asked for (cargo book, `--target`).
inline constexpr std::string_view k_host_tuple = "host-tuple";

}  // namespace cermet::platform
