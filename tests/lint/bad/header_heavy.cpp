// Sample for tools/lint: a header that includes a heavy standard header
// SPDX-License-Identifier: MIT
// expect: header-include
// as: src/base/sample.h

#pragma once
#include <filesystem>
#include <string>
