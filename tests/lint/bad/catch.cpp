// Sample for tools/lint: an exception caught far from a third-party parser
// SPDX-License-Identifier: MIT
// expect: throw
// as: src/cli/sample.cpp

int parse(const std::string& text) {
    try {
        return std::stoi(text);
    } catch (const std::exception&) {
        return 0;
    }
}
