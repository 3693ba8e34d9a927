// Sample for tools/lint: a header that includes a third-party one
// SPDX-License-Identifier: MIT
// expect: header-include
// as: src/base/sample.h

#pragma once
#include <nlohmann/json.hpp>
