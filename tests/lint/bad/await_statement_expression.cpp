// Sample for tools/lint: a statement expression crashes the compiler
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    int part = ({ auto got = co_await build.get(One()); got + 1; });
    co_return part;
}
