// Sample for tools/lint: a view parameter
// SPDX-License-Identifier: MIT
// expect: coroutine-params

Task<int> run(Build build, std::string_view name) {
    co_return co_await build.get(Named(name));
}
