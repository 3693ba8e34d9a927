// Sample for tools/lint: a span parameter
// SPDX-License-Identifier: MIT
// expect: coroutine-params

engine::Task<int> Store::load(Build build, std::span<const int> parts) {
    co_return co_await build.get(Total(parts.size()));
}
