// How many trivial keys the engine asks for and remembers in a second, and what a revision without changes costs.
// SPDX-License-Identifier: MIT
// Built and run by bench/run; prints one JSON object. It is no test: nothing fails here.
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "engine/build.h"
#include "engine/graph.h"

namespace cermet::bench {

class Leaf {
   public:
    using Value = int;
    static constexpr std::string_view k_name = "leaf";
    explicit Leaf(int number) : number_(number) {}
    std::string text() const { return cat(number_); }
    int number() const { return number_; }

   private:
    int number_;
};

engine::Task<int> run(engine::Build, Leaf key) { co_return key.number(); }

// Asks for every leaf, a thousand at a time.
class Sum {
   public:
    using Value = long;
    static constexpr std::string_view k_name = "sum";
    explicit Sum(int count) : count_(count) {}
    std::string text() const { return cat(count_); }
    int count() const { return count_; }

   private:
    int count_;
};

engine::Task<long> run(engine::Build build, Sum key) {
    long total = 0;
    for (int from = 0; from < key.count(); from += 1000) {
        std::vector<Leaf> some;
        for (int i = from; i < from + 1000 && i < key.count(); ++i) some.emplace_back(i);
        std::vector<int> values = co_await build.all(some);
        for (int value : values) total += value;
    }
    co_return total;
}

double seconds_of(engine::Graph& graph, int count) {
    auto begin = std::chrono::steady_clock::now();
    Result<long> total = graph.run(Sum(count));
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return total.ok() ? took.count() : 0.0;
}

}  // namespace cermet::bench

int main() {
    constexpr int k_count = 1000000;
    cermet::engine::Graph graph;
    double first = cermet::bench::seconds_of(graph, k_count);
    double again = cermet::bench::seconds_of(graph, k_count);
    std::printf("{\"keys\": %d, \"first_seconds\": %.3f, \"again_seconds\": %.3f}\n", k_count, first, again);
    return first > 0 ? 0 : 1;
}
