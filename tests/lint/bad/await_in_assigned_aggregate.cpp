// Sample for tools/lint: an awaited value inside of an assigned aggregate
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    Pair pair;
    pair = {1, co_await build.get(key.right)};
    co_return pair.left;
}
