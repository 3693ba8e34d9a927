// Sample for tools/lint: a member of the awaited value
// SPDX-License-Identifier: MIT
// expect: await-shape

Task<int> run(Build build, Sum key) {
    int part = (co_await build.get(One())).left;
    co_return part;
}
