// Sample for tools/lint: a coroutine that is a lambda with captures
// SPDX-License-Identifier: MIT
// expect: coroutine-lambda

void start(Graph* graph, int left) {
    auto rule = [left](Build build) -> Task<int> {
        int part = co_await build.get(One());
        co_return part + left;
    };
    graph->add(rule);
}
