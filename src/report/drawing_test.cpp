// Drawings: shortcuts, trees, JSON, the layout's promises, and SVG that holds any name.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "base/text.h"
#include "report/drawing.h"
#include "report/layers.h"

namespace cermet::report {

namespace {

Drawing drawing_of(std::size_t nodes, std::vector<DrawnEdge> edges) {
    Drawing drawing;
    for (std::size_t i = 0; i < nodes; ++i) drawing.nodes.push_back({cat("n:", i), "n", cat(i), Json()});
    std::sort(edges.begin(), edges.end());
    drawing.edges = std::move(edges);
    drawing.roots = {0};
    return drawing;
}

// Edges from lower to higher numbers: no cycles.
std::vector<DrawnEdge> random_edges(std::size_t nodes, std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<DrawnEdge> edges;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t a = random() % nodes;
        const std::size_t b = random() % nodes;
        if (a != b) edges.push_back({std::min(a, b), std::max(a, b)});
    }
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
}

std::vector<std::vector<bool>> reach(std::size_t nodes, const std::vector<DrawnEdge>& edges) {
    std::vector<std::vector<bool>> all(nodes, std::vector<bool>(nodes, false));
    for (const DrawnEdge& edge : edges) all[edge.from][edge.to] = true;
    for (std::size_t k = 0; k < nodes; ++k) {
        for (std::size_t i = 0; i < nodes; ++i) {
            for (std::size_t j = 0; j < nodes; ++j) all[i][j] = all[i][j] || (all[i][k] && all[k][j]);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("drawing: a shortcut goes, what is reached stays") {
    const Drawing triangle = drawing_of(3, {{0, 1}, {1, 2}, {0, 2}});
    CHECK(without_shortcuts(triangle).edges == std::vector<DrawnEdge>{{0, 1}, {1, 2}});
    for (unsigned seed = 0; seed < 20; ++seed) {
        const std::vector<DrawnEdge> edges = random_edges(24, 70, seed);
        const Drawing reduced = without_shortcuts(drawing_of(24, edges));
        CHECK(reach(24, reduced.edges) == reach(24, edges));
        for (const DrawnEdge& edge : reduced.edges) {  // none can be left out any more
            std::vector<DrawnEdge> fewer = reduced.edges;
            fewer.erase(std::find(fewer.begin(), fewer.end(), edge));
            CHECK(!reach(24, fewer)[edge.from][edge.to]);
        }
    }
}

TEST_CASE("drawing: a tree shows each node once with what is below it") {
    Drawing drawing;
    drawing.nodes = {{"wheel", "wheel", "a.whl", Json()},     {"module:b", "module", "b", Json()},
                     {"module:c", "module", "c\nd", Json()},  {"library:l", "library", "l", Json()},
                     {"header:x.h", "header", "x.h", Json()}, {"header:y.h", "header", "y.h", Json()}};
    drawing.edges = {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {2, 4}, {3, 4}, {3, 5}};
    drawing.roots = {0};
    CHECK(tree_text(drawing, Lists::Short) ==
          "wheel a.whl\n"
          "├── module b\n"
          "│   └── library l\n"
          "│       └── headers x.h, y.h\n"
          "└── module c d\n"
          "    ├── library l (above)\n"
          "    └── header x.h\n");
    for (int i = 0; i < 20; ++i) {
        drawing.nodes.push_back({cat("header:", i), "header", cat("h", 10 + i), Json()});
        drawing.edges.push_back({1, drawing.nodes.size() - 1});
    }
    CHECK(contains(tree_text(drawing, Lists::Short), "headers h10, h11, h12, h13, h14, h15, and 14 more\n"));
    CHECK(contains(tree_text(drawing, Lists::Full), "h28, h29\n"));
}

TEST_CASE("drawing: JSON names nodes and edges by ids, in their order") {
    Drawing drawing;
    drawing.nodes = {{"b", "k", "B", Json().set("label", "x")}, {"a", "k", "A", Json()}};
    drawing.edges = {{0, 1}};
    drawing.roots = {0};
    CHECK(drawing_json(drawing).dump() ==
          R"({"edges":[{"from":"b","to":"a"}],"nodes":[{"id":"a","kind":"k","name":"A"},)"
          R"({"id":"b","kind":"k","label":"x","name":"B"}],"roots":["b"]})");
}

TEST_CASE("layers: every line leads to the right, boxes never overlap") {
    for (unsigned seed = 0; seed < 10; ++seed) {
        const std::vector<DrawnEdge> edges = random_edges(60, 110, seed);
        const std::vector<double> widths(60, 80);
        const Placement placed = place_in_layers(widths, edges);
        for (const DrawnEdge& edge : edges)
            CHECK(placed.boxes[edge.from].x + placed.boxes[edge.from].width < placed.boxes[edge.to].x);
        for (std::size_t a = 0; a < 60; ++a) {
            const Box& one = placed.boxes[a];
            CHECK(one.x >= 0);
            CHECK(one.y >= 0);
            CHECK(one.x + one.width <= placed.width);
            CHECK(one.y + one.height <= placed.height);
            for (std::size_t b = 0; b < a; ++b) {
                const Box& other = placed.boxes[b];
                const bool beside = one.x != other.x;
                CHECK((beside || one.y >= other.y + other.height || other.y >= one.y + one.height));
            }
        }
    }
}

TEST_CASE("layers: a tree is drawn without crossings, and a crossed pair is untangled") {
    std::vector<DrawnEdge> tree;
    for (std::size_t i = 1; i < 40; ++i) tree.push_back({(i - 1) / 3, i});
    CHECK(place_in_layers(std::vector<double>(40, 50), tree).crossings == 0);
    CHECK(place_in_layers(std::vector<double>(5, 50), {{0, 1}, {0, 2}, {1, 4}, {2, 3}}).crossings == 0);
    CHECK(place_in_layers(std::vector<double>(4, 50), {{0, 2}, {0, 3}, {1, 2}, {1, 3}}).crossings == 1);
}

TEST_CASE("layers: a cycle and an empty graph do no harm") {
    CHECK(place_in_layers({}, {}).boxes.empty());
    CHECK(place_in_layers({10, 10}, {{0, 1}, {1, 0}}).boxes.size() == 2);
    CHECK(layers_of(3, {{0, 1}, {1, 2}, {2, 0}}).size() == 3);
}

TEST_CASE("svg: any name is text") {
    Drawing drawing = drawing_of(2, {{0, 1}});
    drawing.nodes[0].name = "a<b>&\"c\"\x01\xff";
    drawing.nodes[1].name = std::string(200, 'x');
    const std::string svg = drawing_svg(drawing);
    CHECK(contains(svg, "a&lt;b&gt;&amp;&quot;c&quot;"));
    CHECK(!contains(svg, "\x01"));
    CHECK(valid_utf8(svg));
    CHECK(contains(svg, "…</text>"));
    CHECK(contains(svg, std::string(200, 'x')));
    CHECK(contains(svg, "<path class=\"edge\""));
}

}  // namespace cermet::report
