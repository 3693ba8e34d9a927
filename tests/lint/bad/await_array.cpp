// Sample for tools/lint: an array temporary
// SPDX-License-Identifier: MIT
// expect: await-braces

Task<int> run(Build build, Sum key) {
    int part = co_await build.get(std::array{Name(), Name()});
    co_return part;
}
