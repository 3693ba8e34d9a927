// Sample for tools/lint: a loop that awaits in its condition
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    while (co_await build.get(One())) {
    }
    co_return 0;
}
