// Sample for tools/lint: a condition: wrong value where the scope declares no local
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    if (co_await build.get(One())) co_return 1;
    co_return 0;
}
