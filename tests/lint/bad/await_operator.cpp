// Sample for tools/lint: an operator beside the await
// SPDX-License-Identifier: MIT
// expect: await-shape

Task<int> run(Build build, Sum key) {
    int sum = 1 + co_await build.get(One());
    co_return sum;
}
