// Sample for tools/lint: a lock across an await
// SPDX-License-Identifier: MIT
// expect: coroutine-lock

Task<int> run(Build build, Sum key) {
    std::lock_guard<std::mutex> hold(key.mutex);
    int part = co_await build.get(One());
    co_return part;
}
