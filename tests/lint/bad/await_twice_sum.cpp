// Sample for tools/lint: a sum of two awaits
// SPDX-License-Identifier: MIT
// expect: await-twice

Task<int> run(Build build, Sum key) {
    int sum = co_await build.get(One()) + co_await build.get(Two());
    co_return sum;
}
