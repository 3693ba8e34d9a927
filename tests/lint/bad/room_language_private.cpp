// Sample for tools/lint: Cython may know the public header of C only
// SPDX-License-Identifier: MIT
// expect: language-private
// as: src/languages/cython/sample.cpp

#include "languages/c/toolchain.h"
