// Sample for tools/lint: a ternary temporary
// SPDX-License-Identifier: MIT
// expect: await-ternary

Task<int> run(Build build, Sum key) {
    int part = co_await build.get(key.left ? Name() : Name("z"));
    co_return part;
}
