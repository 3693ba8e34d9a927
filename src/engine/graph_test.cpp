// The engine builds integers: chains, wide graphs, random graphs against a naive evaluator, and every way to fail.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <random>
#include <set>
#include <thread>

#include "base/text.h"
#include "engine/graph.h"

namespace cermet::engine {
namespace graph_test {

// A world of integers: leaf n has a value that tests change; sums add up what they are told to.
struct World {
    std::map<int, long> leaves;
    std::map<int, std::vector<int>> sums;  // node -> dependencies (negative: a leaf)
    std::vector<int> ran;
    std::set<int> failing;
    std::vector<std::thread> threads;
    ~World() {
        for (std::thread& t : threads) t.join();
    }
};

struct Leaf {
    using Value = long;
    static constexpr std::string_view k_name = "leaf";
    int n;
    explicit Leaf(int v) : n(v) {}
    std::string text() const { return std::to_string(n); }
};
Task<long> run(Build build, Leaf key) {
    World& world = build.service<World>();
    world.ran.push_back(-key.n);
    if (world.failing.count(-key.n) != 0) co_return step_error(cat("leaf ", key.n, " is broken"));
    co_return world.leaves[key.n];
}

struct Sum {
    using Value = long;
    static constexpr std::string_view k_name = "sum";
    int n;
    explicit Sum(int v) : n(v) {}
    std::string text() const { return std::to_string(n); }
    std::string describe() const { return cat("adding ", n); }
    Drawn drawn() const { return {"sum", text(), describe()}; }
};
Task<long> run(Build build, Sum key) {
    World& world = build.service<World>();
    world.ran.push_back(key.n);
    long total = 0;
    for (int dep : world.sums[key.n]) {
        if (dep < 0) {
            long value = co_await build.get(Leaf(-dep));
            total += value;
        } else {
            long value = co_await build.get(Sum(dep));
            total += value;
        }
    }
    co_return total % 1000;
}

struct Chain {
    using Value = int;
    static constexpr std::string_view k_name = "chain";
    int n;
    explicit Chain(int v) : n(v) {}
    std::string text() const { return std::to_string(n); }
};
Task<int> run(Build build, Chain key) {
    if (key.n == 0) co_return 0;
    int below = co_await build.get(Chain(key.n - 1));
    co_return below + 1;
}

struct Wide {
    using Value = long;
    static constexpr std::string_view k_name = "wide";
    int n;
    explicit Wide(int v) : n(v) {}
    std::string text() const { return std::to_string(n); }
};
Task<long> run(Build build, Wide key) {
    std::vector<Chain> zeros;
    for (int i = 0; i < key.n; ++i) zeros.push_back(Chain(0));
    std::vector<Leaf> leaves;
    for (int i = 1; i <= key.n; ++i) leaves.push_back(Leaf(i));
    std::vector<int> none = co_await build.all(zeros);
    std::vector<long> values = co_await build.all(leaves);
    long total = static_cast<long>(none.size()) - key.n;
    for (long v : values) total += v;
    co_return total;
}

// Half of Ring's members need the next one: a cycle of the given length.
struct Ring {
    using Value = int;
    static constexpr std::string_view k_name = "ring";
    int n;
    explicit Ring(int v) : n(v) {}
    std::string text() const { return std::to_string(n); }
};
Task<int> run(Build build, Ring key) {
    int next = co_await build.get(Ring((key.n + 1) % 3));
    co_return next;
}

struct Forgiving {
    using Value = std::string;
    static constexpr std::string_view k_name = "forgiving";
    std::string text() const { return {}; }
};
Task<std::string> run(Build build, Forgiving) {
    Result<long> broken = co_await build.attempt(Sum(1));
    if (broken.ok()) co_return std::string("fine");
    co_return broken.error().message;
}

// A two-step key whose answer comes from another thread; its metadata comes first.
struct TwoStep {
    using Value = std::string;
    using Early = int;
    static constexpr std::string_view k_name = "two-step";
    std::string text() const { return {}; }
};
Task<std::string> run(Build build, TwoStep) {
    World& world = build.service<World>();
    Ticket<int> early = build.ticket<int>();
    Ticket<std::string> done = build.ticket<std::string>();
    world.threads.emplace_back([early, done] {
        early.sender().send(7);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        done.sender().send(std::string("object"));
    });
    int metadata = co_await build.answer(early);
    build.publish(metadata);
    std::string object = co_await build.answer(done);
    world.ran.push_back(2);
    co_return object;
}
struct UsesEarly {
    using Value = int;
    static constexpr std::string_view k_name = "uses-early";
    std::string text() const { return {}; }
};
Task<int> run(Build build, UsesEarly) {
    int metadata = co_await build.early(TwoStep());
    build.service<World>().ran.push_back(1);
    std::string object = co_await build.get(TwoStep());
    co_return metadata + static_cast<int>(object.size());
}

// A pool with one slot: a worker that must ask for another key gives its slot back while it waits.
struct Slots {
    int free = 1;
    int most = 0;
};
struct Asking {
    using Value = int;
    static constexpr std::string_view k_name = "asking";
    int depth;
    explicit Asking(int d) : depth(d) {}
    std::string text() const { return std::to_string(depth); }
};
Task<int> run(Build build, Asking key) {
    Slots& slots = build.service<Slots>();
    if (slots.free < 1) co_return bug("no slot is free");
    --slots.free;
    ++slots.free;  // given back before waiting: a rule that waits holds nothing
    if (key.depth == 0) co_return 1;
    int below = co_await build.get(Asking(key.depth - 1));
    co_return below + 1;
}

long naive(World& world, int node, std::map<int, long>& memo) {
    if (node < 0) return world.leaves[-node];
    auto known = memo.find(node);
    if (known != memo.end()) return known->second;
    long total = 0;
    for (int dep : world.sums[node]) total += naive(world, dep, memo);
    return memo[node] = total % 1000;
}

}  // namespace graph_test

using namespace graph_test;  // NOLINT: test file

TEST_CASE("a chain of 200,000 keys needs no stack") {
    Graph graph;
    Result<int> top = graph.run(Chain(200000));
    REQUIRE(top.ok());
    CHECK(*top == 200000);
}

TEST_CASE("a million keys") {
    Graph graph;
    World world;
    graph.provide(&world);
    for (int i = 1; i <= 1000000; ++i) world.leaves[i] = 1;
    Result<long> total = graph.run(Wide(1000000));
    REQUIRE(total.ok());
    CHECK(*total == 1000000);
}

TEST_CASE("random graphs agree with a naive evaluator through random edits, and run no more than needed") {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        World world;
        Graph graph;
        graph.provide(&world);
        int size = 2 + static_cast<int>(random() % 40);
        for (int leaf = 1; leaf <= size; ++leaf) world.leaves[leaf] = static_cast<long>(random() % 5);
        for (int node = 1; node <= size; ++node) {
            int edges = static_cast<int>(random() % 5);
            for (int e = 0; e < edges; ++e) {
                bool to_leaf = node == 1 || random() % 3 == 0;
                int target = 1 + static_cast<int>(random() % static_cast<unsigned>(to_leaf ? size : node - 1));
                world.sums[node].push_back(to_leaf ? -target : target);
            }
        }
        for (int round = 0; round < 12; ++round) {
            graph.begin_revision();
            std::set<int> touched;
            for (int k = static_cast<int>(random() % 3); k > 0; --k) {
                int leaf = 1 + static_cast<int>(random() % static_cast<unsigned>(size));
                world.leaves[leaf] = static_cast<long>(random() % 5);
                graph.invalidate(Leaf(leaf));
                touched.insert(leaf);
            }
            world.ran.clear();
            int root = 1 + static_cast<int>(random() % static_cast<unsigned>(size));
            Result<long> got = graph.run(Sum(root));
            std::map<int, long> memo;
            REQUIRE(got.ok());
            REQUIRE(*got == naive(world, root, memo));
            std::set<int> once(world.ran.begin(), world.ran.end());
            CHECK(once.size() == world.ran.size());
            world.ran.clear();
            graph.begin_revision();
            CHECK(*graph.run(Sum(root)) == *got);
            CHECK(world.ran.empty());
        }
    }
}

TEST_CASE("an edit that gives the same value is cut off, and explain says so") {
    World world;
    Graph graph;
    graph.provide(&world);
    world.leaves = {{1, 5}, {2, 6}};
    world.sums[1] = {-1, -2};
    world.sums[2] = {1};
    CHECK(*graph.run(Sum(2)) == 11);
    graph.begin_revision();
    world.leaves = {{1, 6}, {2, 5}};
    graph.invalidate(Leaf(1));
    graph.invalidate(Leaf(2));
    world.ran.clear();
    CHECK(*graph.run(Sum(2)) == 11);
    CHECK(world.ran == std::vector<int>{-1, 1, -2});
    CHECK(graph.counts().cut_off == 1);
    CHECK(graph.explain(Sum(1)).text == "adding 1 ran: leaf 1 changed");
    CHECK(graph.explain(Sum(2)).text == "adding 2 did not run: nothing it depends on changed");
}

TEST_CASE("the graph can be read after a run: keys of one type, what they gave and needed, how they are drawn") {
    World world;
    world.leaves = {{1, 10}, {2, 20}};
    world.failing = {-2};
    world.sums = {{1, {-1, 2}}, {2, {-2}}};
    Graph graph;
    graph.provide(&world);
    CHECK(!graph.run(Sum(1)).ok());
    const std::vector<Seen<Sum>> sums = graph.all_of<Sum>();
    REQUIRE(sums.size() == 2);
    CHECK(sums[0].key->n == 1);
    CHECK(sums[0].value == nullptr);
    REQUIRE(sums[0].error != nullptr);
    const std::vector<Seen<Leaf>> leaves = graph.all_of<Leaf>();
    REQUIRE(leaves.size() == 2);
    CHECK(*leaves[0].value == 10);
    CHECK(graph.asked() == std::vector<KeyId>{sums[0].id});
    CHECK(graph.deps_of(sums[0].id) == std::vector<KeyId>{leaves[0].id, sums[1].id});
    CHECK(graph.drawn(sums[1].id).name == "adding 2");
    CHECK(graph.drawn(leaves[0].id).kind.empty());
    CHECK(graph.size() == 4);
}

TEST_CASE("a failure ends what needs it and says why each was wanted") {
    World world;
    Graph graph;
    graph.provide(&world);
    world.failing = {-1};
    world.sums[1] = {-1};
    world.sums[2] = {1};
    Result<long> got = graph.run(Sum(2));
    REQUIRE(!got.ok());
    CHECK(got.error().message == "leaf 1 is broken");
    CHECK(got.error().because == std::vector<std::string>{"while adding 1", "while adding 2"});
    CHECK(graph.failures().size() == 1);
    world.failing.clear();
    graph.begin_revision();
    CHECK(graph.run(Sum(2)).ok());
}

TEST_CASE("attempt hands the failure over") {
    World world;
    Graph graph;
    graph.provide(&world);
    world.failing = {-1};
    world.sums[1] = {-1};
    CHECK(*graph.run(Forgiving()) == "leaf 1 is broken");
}

TEST_CASE("keep-going finds every independent failure") {
    World world;
    Graph graph;
    graph.keep_going = KeepGoing::Yes;
    graph.provide(&world);
    world.failing = {-1, -3};
    Result<long> got = graph.run(Wide(4));
    REQUIRE(!got.ok());
    CHECK(graph.failures().size() == 2);
}

TEST_CASE("a cycle is printed") {
    Graph graph;
    Result<int> got = graph.run(Ring(0));
    REQUIRE(!got.ok());
    CHECK(got.error().message == "these need each other in a cycle");
    CHECK(got.error().because == std::vector<std::string>{"ring 0", "needs ring 1", "needs ring 2", "needs ring 0"});
}

TEST_CASE("a two-step key lets dependents go on before it is done") {
    World world;
    Graph graph;
    graph.provide(&world);
    CHECK(*graph.run(UsesEarly()) == 13);
    CHECK(world.ran == std::vector<int>{1, 2});
}

TEST_CASE("a waiting rule holds no slot: one slot is enough for any depth") {
    Slots slots;
    Graph graph;
    graph.provide(&slots);
    CHECK(*graph.run(Asking(1000)) == 1001);
}

TEST_CASE("cancelling from another thread destroys the frames") {
    World world;
    Graph graph;
    graph.provide(&world);
    world.threads.emplace_back([&graph] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        graph.request_cancel();
    });
    Result<std::string> got = graph.run(TwoStep());
    REQUIRE(!got.ok());
    CHECK(got.error().kind == ErrorKind::Cancelled);
    world.threads.back().join();
    for (std::thread& t : world.threads) {
        if (t.joinable()) t.join();
    }
    world.threads.clear();
}

}  // namespace cermet::engine
