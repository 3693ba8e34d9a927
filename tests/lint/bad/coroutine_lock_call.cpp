// Sample for tools/lint: a mutex locked by hand
// SPDX-License-Identifier: MIT
// expect: coroutine-lock

Task<int> run(Build build, Sum key) {
    key.door->lock();
    int part = co_await build.get(One());
    key.door->unlock();
    co_return part;
}
