// Sample for tools/lint: a switch over an awaited value
// SPDX-License-Identifier: MIT
// expect: await-condition

Task<int> run(Build build, Sum key) {
    switch (co_await build.get(One())) {
        case 1: co_return 1;
        default: co_return 0;
    }
}
