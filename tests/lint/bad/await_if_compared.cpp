// Sample for tools/lint: a condition that compares
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    if ((co_await build.get(One())) == 1 && key.left) co_return 1;
    co_return 0;
}
