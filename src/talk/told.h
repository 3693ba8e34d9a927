// Told: one fact of a finished build, who provided it, and which question it answered.
// SPDX-License-Identifier: MIT
//
// Besides the kinds of the channel there are here `py`, `rust`, `c`, `sys` and `generate` (entries of `uses`), `links`
// (metadata that cargo hands from script to script) and `tool` (compilers and interpreters). Plain values.
#pragma once
#include <string>

#include "engine/graph.h"
#include "facts/fact.h"

namespace cermet::talk {

struct Told {
    facts::Fact fact;
    std::string digest;                         // of what was told; "" when nothing was
    engine::KeyId provider = engine::k_no_key;  // whose answer it is; none: fact.origin alone says it
    engine::KeyId question = engine::k_no_key;  // the key that was answered; none: nobody asked
    std::string refused;                        // why there is no answer
};

}  // namespace cermet::talk
