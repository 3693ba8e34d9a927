// Sample for tools/lint: an operator after the call
// SPDX-License-Identifier: MIT
// expect: await-shape

Task<int> run(Build build, Sum key) {
    int sum = co_await build.get(One()) + 1;
    co_return sum;
}
