// Sample for tools/lint: a ternary around two awaits
// SPDX-License-Identifier: MIT
// expect: await-ternary

Task<int> run(Build build, Sum key) {
    co_return key.left ? co_await build.get(One()) : 2;
}
