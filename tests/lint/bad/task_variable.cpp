// Sample for tools/lint: a task with a name can be awaited too late
// SPDX-License-Identifier: MIT
// expect: task-variable

Task<int> run(Build build, Sum key) {
    Task<int> part = other(build);
    int sum = co_await join(std::move(part));
    co_return sum;
}
