// Sample for tools/lint: a lambda coroutine that captures nothing
// SPDX-License-Identifier: MIT

void start(Graph* graph) {
    int twice = 2;
    auto rule = [](Build build) -> Task<int> {
        int part = co_await build.get(One());
        co_return part;
    };
    auto plain = [twice](int x) { return x * twice; };
    graph->add(rule, plain);
}
