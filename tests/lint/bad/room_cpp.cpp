// Sample for tools/lint: only the source list includes a .cpp
// SPDX-License-Identifier: MIT
// expect: room-order
// as: src/exec/sample.cpp

#include "base/text.cpp"
