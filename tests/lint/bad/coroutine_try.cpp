// Sample for tools/lint: an exception caught inside of a rule
// SPDX-License-Identifier: MIT
// expect: coroutine-try, throw

Task<int> run(Build build, Sum key) {
    int sum = 0;
    try {
        sum = parse(key.text);
    } catch (...) {
        sum = 1;
    }
    co_return sum;
}
