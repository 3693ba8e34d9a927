// Sample for tools/lint: includes that go down, or to a public header
// SPDX-License-Identifier: MIT
// as: src/languages/cython/sample.cpp

#include <filesystem>

#include "base/text.h"
#include "engine/build.h"
#include "languages/c/c.h"
#include "languages/cython/cython.h"
#include "languages/cython/sample.h"
