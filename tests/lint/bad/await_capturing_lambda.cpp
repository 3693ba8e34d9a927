// Sample for tools/lint: a lambda that captures, as argument
// SPDX-License-Identifier: MIT
// expect: await-lambda

Task<int> run(Build build, Sum key) {
    std::string name = key.name;
    int part = co_await build.with([name] { return name.size(); });
    co_return part;
}
