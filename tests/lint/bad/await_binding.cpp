// Sample for tools/lint: a structured binding
// SPDX-License-Identifier: MIT
// expect: await-binding

Task<int> run(Build build, Sum key) {
    auto [left, right] = co_await build.get(One());
    co_return left + right;
}
