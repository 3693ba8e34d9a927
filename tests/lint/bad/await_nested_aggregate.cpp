// Sample for tools/lint: an aggregate inside of a constructor call
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    int part = co_await build.get(Wrapped(Pair{1, 2}));
    co_return part;
}
