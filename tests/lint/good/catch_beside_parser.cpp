// Sample for tools/lint: the one .cpp around a parser catches what it throws
// SPDX-License-Identifier: MIT
// as: src/base/sample.cpp

#include <nlohmann/json.hpp>

int parse(const std::string& text) {
    try {
        return nlohmann::json::parse(text).size();
    } catch (const std::exception&) {
        return 0;
    }
}
