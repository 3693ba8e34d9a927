// Sample for tools/lint: an awaited value inside of a returned aggregate
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<Pair> run(Build build, Sum key) {
    co_return Pair{1, co_await build.get(key.right)};
}
