// Sample for tools/lint: a triple of two words inside of a longer text
// SPDX-License-Identifier: MIT
// expect: triple
// as: src/languages/c/sample.cpp

const char* guess() { return "-target=aarch64-linux-gnu"; }
