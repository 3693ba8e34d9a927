// Sample for tools/lint: an aggregate that goes through a plain function
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    co_return co_await build.get(same(Pair{1, 2}));
}
