// Sample for tools/lint: a low room that includes a high one
// SPDX-License-Identifier: MIT
// expect: room-order
// as: src/engine/sample.cpp

#include "store/store.h"
