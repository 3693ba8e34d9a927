// Fuzzes globs, shell words, UTF-8, typo search and path arithmetic against what must always hold.
// SPDX-License-Identifier: MIT
//
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc fuzz/fuzz_text.cpp
//     src/base/{text,path}.cpp -o fuzz_text
#include <cstdlib>

#include "base/path.h"
#include "base/text.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// The obvious exponential definition of a glob on short texts of single bytes, to hold the fast one against.
bool slow_segment(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') {
        return slow_segment(pattern.substr(1), text) || (!text.empty() && slow_segment(pattern, text.substr(1)));
    }
    if (text.empty() || (pattern[0] != '?' && pattern[0] != text[0])) return false;
    return slow_segment(pattern.substr(1), text.substr(1));
}

bool slow_glob(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string>& path,
               std::size_t t) {
    if (p == pattern.size()) return t == path.size();
    if (pattern[p] == "**") {
        return slow_glob(pattern, p + 1, path, t) || (t < path.size() && slow_glob(pattern, p, path, t + 1));
    }
    return t < path.size() && slow_segment(pattern[p], path[t]) && slow_glob(pattern, p + 1, path, t + 1);
}

void check_glob(std::string_view pattern, std::string_view path) {
    const bool matched = cermet::glob_match(pattern, path);
    bool plain = pattern.size() <= 12 && path.size() <= 16;
    for (const char c : cermet::cat(pattern, path)) plain = plain && c > 0 && c != '[';
    if (plain) require(matched == slow_glob(cermet::split(pattern, '/'), 0, cermet::split(path, '/'), 0));
    if (!cermet::has_glob(pattern)) require(matched == (pattern == path));
    require(cermet::glob_match("**", path));
}

void check_shell(std::string_view text) {
    std::vector<std::string> words, again;
    if (cermet::split_shell(text, words)) {
        require(cermet::split_shell(cermet::shell_join(words), again));
        require(words == again);
    }
    require(cermet::split_shell(cermet::shell_quote(text), again));
    require(again == std::vector<std::string>{std::string(text)});
}

void check_paths(std::string_view a, std::string_view b) {
    const std::string path = cermet::normalise(a), directory = cermet::normalise(b);
    require(cermet::normalise(path) == path);
    require(cermet::is_within(path, path));
    const std::string joined = cermet::join_path(directory, path);
    require(cermet::normalise(joined) == joined);
    require(cermet::normalise(cermet::relative_to(path, directory)) == cermet::relative_to(path, directory));
    if (cermet::is_absolute(path) && cermet::is_absolute(directory)) {
        require(cermet::join_path(directory, cermet::relative_to(path, directory)) == path);
        const std::string common = cermet::common_parent({path, directory});
        require(cermet::is_within(path, common) && cermet::is_within(directory, common));
    }
    if (cermet::is_within(path, directory)) {
        require(cermet::relative_to(path, directory).substr(0, 3) != "../");
        require(cermet::relative_to(path, directory) != "..");
    }
    require(std::string(cermet::stem(a)) + std::string(cermet::extension(a)) == cermet::file_name(a));
}

void check_text(std::string_view text) {
    std::string back;
    require(cermet::unhex(cermet::hex(text), back) && back == text);
    cermet::unhex(text, back);
    require(cermet::join(cermet::split(text, '/'), "/") == text);
    require(cermet::trim(text).size() <= text.size());
    cermet::split_lines(text);
    cermet::valid_utf8(text);
    cermet::nearest(text, {"include", "packages", std::string(text)});
    require(cermet::base64url(text).size() == (text.size() * 4 + 2) / 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t middle = bytes.find('\n');
    const std::string_view first = bytes.substr(0, middle);
    const std::string_view second = middle == std::string_view::npos ? bytes : bytes.substr(middle + 1);
    check_glob(first, second);
    check_shell(bytes);
    check_paths(first, second);
    check_text(bytes);
    return 0;
}
