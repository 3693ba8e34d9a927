// Sample for tools/lint: words that only look like triples
// SPDX-License-Identifier: MIT
// as: src/cli/sample.cpp

const char* tag() { return "manylinux_2_17_x86_64 arm64-v8a x86_64 linux-x86_64"; }
