// Sample for tools/lint: two awaits in one statement
// SPDX-License-Identifier: MIT
// expect: await-twice

Task<int> run(Build build, Sum key) {
    co_return co_await build.get(co_await build.get(One()));
}
