// Sample for tools/lint: designated initializers make an aggregate temporary
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    int part = co_await build.get({.left = key.left});
    co_return part;
}
