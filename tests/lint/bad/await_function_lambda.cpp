// Sample for tools/lint: a lambda inside of std::function
// SPDX-License-Identifier: MIT
// expect: await-lambda

Task<int> run(Build build, Sum key) {
    int part = co_await build.with(std::function<int()>([=] { return key.left; }));
    co_return part;
}
