// Sample for tools/lint: something awaited that is no call
// SPDX-License-Identifier: MIT
// expect: await-shape

Task<int> run(Build build, Sum key) {
    int part = co_await key.ready;
    co_return part;
}
