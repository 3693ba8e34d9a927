// Sample for tools/lint: the condition of a for
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    for (int i = 0; co_await build.get(One()); ++i) {
    }
    co_return 0;
}
