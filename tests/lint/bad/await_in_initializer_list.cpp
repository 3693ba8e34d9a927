// Sample for tools/lint: a vector made of awaited values
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    std::vector<int> parts = std::vector<int>{co_await build.get(One()), 2};
    co_return parts[0];
}
