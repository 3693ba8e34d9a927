// Sample for tools/lint: a folder that is no room
// SPDX-License-Identifier: MIT
// expect: room-order
// as: src/util/sample.cpp

int x();
