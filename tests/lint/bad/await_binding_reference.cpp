// Sample for tools/lint: a structured binding by reference
// SPDX-License-Identifier: MIT
// expect: await-binding

Task<int> run(Build build, Sum key) {
    const auto& [left, right] = co_await build.get(One());
    co_return left + right;
}
