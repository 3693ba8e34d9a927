// Sample for tools/lint: a range that is awaited in the head of the loop
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    int sum = 0;
    for (int part : co_await build.all(key.parts)) sum += part;
    co_return sum;
}
