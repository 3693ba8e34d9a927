// Sample for tools/lint: an awaited value inside of an aggregate
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    Pair pair{.left = co_await build.get(key.left), .right = 2};
    co_return pair.left;
}
