// What cxx binds: one function.
// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
std::int32_t add(std::int32_t a, std::int32_t b);
