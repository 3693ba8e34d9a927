// Sample for tools/lint: a new expression
// SPDX-License-Identifier: MIT
// expect: await-new

Task<int> run(Build build, Sum key) {
    int part = co_await build.take(new Name[2]);
    co_return part;
}
