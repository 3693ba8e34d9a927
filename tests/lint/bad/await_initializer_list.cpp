// Sample for tools/lint: an initializer list does not even compile
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    int part = co_await build.all({"a", "b"});
    co_return part;
}
