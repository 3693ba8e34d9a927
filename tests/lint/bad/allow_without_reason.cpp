// Sample for tools/lint: a permission without a reason
// SPDX-License-Identifier: MIT
// expect: allow-reason
// as: src/cli/sample.cpp

// lint: allow(throw)
int parse(const std::string& text) { throw 1; }
