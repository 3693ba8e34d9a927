// Sample for tools/lint: an awaited value assigned to an old variable
// SPDX-License-Identifier: MIT
// expect: await-shape

Task<int> run(Build build, Sum key) {
    int part = 0;
    part = co_await build.get(One());
    co_return part;
}
