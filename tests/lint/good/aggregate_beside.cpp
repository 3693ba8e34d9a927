// Sample for tools/lint: aggregates, lambdas and ternaries in statements without an await
// SPDX-License-Identifier: MIT

Task<Pair> run(Build build, Sum key) {
    Pair pair{.left = 1, .right = 2};
    auto less = [](const Pair& a, const Pair& b) { return a.left < b.left; };
    std::sort(key.pairs.begin(), key.pairs.end(), less);
    int part = co_await build.get(Named(pair));
    int most = part > 1 ? part : 1;
    co_return Pair{most, key.pairs[0].right};
}
