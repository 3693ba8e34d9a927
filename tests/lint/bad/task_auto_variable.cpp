// Sample for tools/lint: a task with a name, typed auto
// SPDX-License-Identifier: MIT
// expect: task-variable

Task<int> other(Build build);

Task<int> run(Build build, Sum key) {
    auto part = other(build);
    int sum = co_await join(std::move(part));
    co_return sum;
}
