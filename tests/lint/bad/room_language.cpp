// Sample for tools/lint: C must not know Cython
// SPDX-License-Identifier: MIT
// expect: room-order
// as: src/languages/c/sample.cpp

#include "languages/cython/cython.h"
