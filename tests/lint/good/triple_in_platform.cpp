// Sample for tools/lint: platform knows triples
// SPDX-License-Identifier: MIT
// as: src/platform/sample.cpp

const char* guess() { return "x86_64-unknown-linux-gnu"; }
