// Sample for tools/lint: rooms of the same number do not know each other
// SPDX-License-Identifier: MIT
// expect: room-order
// as: src/platform/sample.cpp

#include "engine/key.h"
