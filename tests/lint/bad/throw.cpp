// Sample for tools/lint: an exception thrown by ordinary code
// SPDX-License-Identifier: MIT
// expect: throw
// as: src/cli/sample.cpp

int parse(const std::string& text) {
    if (text.empty()) throw std::runtime_error("empty");
    return 1;
}
