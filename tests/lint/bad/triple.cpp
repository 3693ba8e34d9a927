// Sample for tools/lint: a target triple outside of platform
// SPDX-License-Identifier: MIT
// expect: triple
// as: src/languages/c/sample.cpp

const char* guess() { return "x86_64-unknown-linux-gnu"; }
