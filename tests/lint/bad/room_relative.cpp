// Sample for tools/lint: an include that is not written from src
// SPDX-License-Identifier: MIT
// expect: room-order
// as: src/base/sample.cpp

#include "text.h"
