// Sample for tools/lint: an aggregate temporary as argument is freed twice
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    int part = co_await build.get(Pair{key.left, key.right});
    co_return part;
}
