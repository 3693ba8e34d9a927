// Sample for tools/lint: a reference parameter dangles after the first await
// SPDX-License-Identifier: MIT
// expect: coroutine-params

Task<int> run(Build build, const Sum& key) {
    int part = co_await build.get(One());
    co_return part + key.left;
}
