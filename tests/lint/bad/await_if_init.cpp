// Sample for tools/lint: an awaited value declared in a condition
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    if (int part = co_await build.get(One()); part > 0) co_return 1;
    co_return 0;
}
