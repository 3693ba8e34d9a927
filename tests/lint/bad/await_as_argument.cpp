// Sample for tools/lint: an awaited value as argument
// SPDX-License-Identifier: MIT
// expect: await-shape

Task<int> run(Build build, Sum key) {
    int part = twice(co_await build.get(One()));
    co_return part;
}
