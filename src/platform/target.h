// TargetFacts: what a target triple says of its machine, as rustc's cfg values name it.
// SPDX-License-Identifier: MIT
// A triple's name leaves much out that its system decides: an environment, an ABI, a byte order. Source: `rustc --print
// cfg --target T` for each of `rustc --print target-list`, with which tests/judges/triples.py compares. Pure values.
#pragma once
#include <string>

#include "platform/triple.h"

namespace cermet::platform {

enum class ByteOrder { Little, Big };

struct TargetFacts {
    std::string arch;    // target_arch: x86_64, aarch64, arm, x86, riscv64 …
    std::string vendor;  // target_vendor: unknown, apple, pc …
    std::string os;      // target_os: linux, macos, windows, none …
    std::string env;     // target_env: gnu, musl, msvc … or ""
    std::string abi;     // target_abi: eabihf, x32, elfv2 … or ""
    int pointer_width = 64;
    ByteOrder byte_order = ByteOrder::Little;
    bool operator==(const TargetFacts&) const = default;
};

TargetFacts facts_of(const Triple& triple);

}  // namespace cermet::platform
