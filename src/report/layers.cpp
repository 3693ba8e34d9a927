// Layers: the layout of layered graphs.
// SPDX-License-Identifier: MIT
#include "report/layers.h"

#include <algorithm>
#include <numeric>

namespace cermet::report {
namespace layers_detail {

constexpr double k_box_height = 22;
constexpr double k_line_height = 5;  // what a line takes between boxes
constexpr double k_gap = 6;
constexpr double k_between_layers = 64;
constexpr double k_margin = 16;
constexpr int k_order_sweeps = 16;
constexpr int k_height_sweeps = 12;

using Indices = std::vector<std::size_t>;

// Nodes so that each comes before what it needs; iterative, as chains may be long.
Indices topological(std::size_t nodes, const std::vector<Indices>& below) {
    enum class Mark : unsigned char { New, Open, Done };
    std::vector<Mark> marks(nodes, Mark::New);
    Indices order;
    for (std::size_t start = 0; start < nodes; ++start) {
        if (marks[start] != Mark::New) continue;
        std::vector<std::pair<std::size_t, std::size_t>> stack = {{start, 0}};
        marks[start] = Mark::Open;
        while (!stack.empty()) {
            const std::size_t node = stack.back().first;
            if (stack.back().second == below[node].size()) {
                marks[node] = Mark::Done;
                order.push_back(node);
                stack.pop_back();
                continue;
            }
            const std::size_t next = below[node][stack.back().second++];
            if (marks[next] != Mark::New) continue;
            marks[next] = Mark::Open;
            stack.emplace_back(next, 0);
        }
    }
    std::reverse(order.begin(), order.end());
    return order;
}

// The graph with waypoints as nodes: every line leads from one layer to the next.
struct Proper {
    std::size_t real = 0;              // nodes before this index are boxes
    std::vector<std::size_t> layer;    // of each node
    std::vector<Indices> right, left;  // neighbours
    std::vector<Indices> chain;        // of each edge: its waypoints
    std::vector<Indices> rows;         // of each layer: its nodes, from the top

    std::size_t add(std::size_t at) {
        layer.push_back(at);
        right.emplace_back();
        left.emplace_back();
        return layer.size() - 1;
    }
    void join(std::size_t from, std::size_t to) {
        right[from].push_back(to);
        left[to].push_back(from);
    }
    double height(std::size_t node) const { return node < real ? k_box_height : k_line_height; }
};

Proper make_proper(std::size_t nodes, const std::vector<DrawnEdge>& edges) {
    Proper graph;
    graph.real = nodes;
    for (std::size_t at : layers_of(nodes, edges)) graph.add(at);
    for (const DrawnEdge& edge : edges) {
        graph.chain.emplace_back();
        std::size_t before = edge.from;
        if (graph.layer[edge.from] >= graph.layer[edge.to]) continue;  // closes a cycle: drawn straight
        for (std::size_t at = graph.layer[edge.from] + 1; at < graph.layer[edge.to]; ++at) {
            const std::size_t point = graph.add(at);
            graph.chain.back().push_back(point);
            graph.join(before, point);
            before = point;
        }
        graph.join(before, edge.to);
    }
    return graph;
}

// The first order: as a walk from the left meets the nodes, so that what belongs together starts together.
void first_rows(Proper& graph) {
    std::size_t layers = 0;
    for (std::size_t at : graph.layer) layers = std::max(layers, at + 1);
    graph.rows.assign(layers, {});
    std::vector<bool> seen(graph.layer.size(), false);
    for (std::size_t start = 0; start < graph.layer.size(); ++start) {
        if (seen[start] || !graph.left[start].empty()) continue;
        Indices stack = {start};
        while (!stack.empty()) {
            const std::size_t node = stack.back();
            stack.pop_back();
            if (seen[node]) continue;
            seen[node] = true;
            graph.rows[graph.layer[node]].push_back(node);
            stack.insert(stack.end(), graph.right[node].rbegin(), graph.right[node].rend());
        }
    }
}

Indices positions(const Proper& graph) {
    Indices at(graph.layer.size());
    for (const Indices& row : graph.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) at[row[i]] = i;
    }
    return at;
}

// Inversions among the far ends of the lines of one layer, counted in a Fenwick tree.
std::size_t crossings_right_of(const Proper& graph, const Indices& row, const Indices& at, std::size_t far_count) {
    std::vector<std::size_t> tree(far_count + 1, 0);
    std::size_t lines = 0;
    std::size_t crossings = 0;
    for (std::size_t node : row) {
        Indices ends;
        for (std::size_t far : graph.right[node]) ends.push_back(at[far]);
        for (std::size_t end : ends) {
            std::size_t not_after = 0;
            for (std::size_t i = end + 1; i > 0; i &= i - 1) not_after += tree[i];
            crossings += lines - not_after;
        }
        for (std::size_t end : ends) {
            for (std::size_t i = end + 1; i <= far_count; i += i & (~i + 1)) ++tree[i];
        }
        lines += ends.size();
    }
    return crossings;
}

std::size_t count_crossings(const Proper& graph) {
    const Indices at = positions(graph);
    std::size_t all = 0;
    for (std::size_t i = 0; i + 1 < graph.rows.size(); ++i)
        all += crossings_right_of(graph, graph.rows[i], at, graph.rows[i + 1].size());
    return all;
}

// Orders one layer by the mean place of each node's neighbours; who has none stays where he is.
void sort_row(Indices& row, const std::vector<Indices>& neighbours, Indices& at) {
    std::vector<std::pair<double, std::size_t>> wanted;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const Indices& near = neighbours[row[i]];
        double sum = 0;
        for (std::size_t one : near) sum += static_cast<double>(at[one]);
        wanted.emplace_back(near.empty() ? static_cast<double>(i) : sum / static_cast<double>(near.size()), row[i]);
    }
    std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = wanted[i].second;
        at[row[i]] = i;
    }
}

std::size_t order_rows(Proper& graph) {
    first_rows(graph);
    std::vector<Indices> best = graph.rows;
    std::size_t fewest = count_crossings(graph);
    Indices at = positions(graph);
    for (int sweep = 0; sweep < k_order_sweeps && fewest > 0; ++sweep) {
        const std::size_t count = graph.rows.size();
        for (std::size_t i = 1; i < count; ++i) {
            if (sweep % 2 == 0) {
                sort_row(graph.rows[i], graph.left, at);
            } else {
                sort_row(graph.rows[count - 1 - i], graph.right, at);
            }
        }
        const std::size_t crossings = count_crossings(graph);
        if (crossings >= fewest) continue;
        fewest = crossings;
        best = graph.rows;
    }
    graph.rows = std::move(best);
    return fewest;
}

// The heights nearest to the wanted ones, by least squares, that keep the order and `offset`'s distances.
void settle_row(const Indices& row, const std::vector<double>& offset, const std::vector<double>& wanted,
                std::vector<double>& y) {
    struct Block {
        double sum;
        std::size_t count;
        double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < row.size(); ++i) {
        blocks.push_back({wanted[i] - offset[i], 1});
        while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
            const Block last = blocks.back();
            blocks.pop_back();
            blocks.back().sum += last.sum;
            blocks.back().count += last.count;
        }
    }
    std::size_t at = 0;
    for (const Block& block : blocks) {
        for (std::size_t i = 0; i < block.count; ++i, ++at) y[row[at]] = block.mean() + offset[at];
    }
}

// Middle heights of all nodes.
std::vector<double> heights(const Proper& graph) {
    std::vector<std::vector<double>> offsets;
    std::vector<double> y(graph.layer.size(), 0);
    for (const Indices& row : graph.rows) {
        std::vector<double> offset(row.size(), 0);
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) offset[i] = offset[i - 1] + (graph.height(row[i - 1]) + graph.height(row[i])) / 2 + k_gap;
            y[row[i]] = offset[i];
        }
        offsets.push_back(std::move(offset));
    }
    for (int sweep = 0; sweep < k_height_sweeps; ++sweep) {
        for (std::size_t i = 0; i < graph.rows.size(); ++i) {
            const std::size_t layer = sweep % 2 == 0 ? i : graph.rows.size() - 1 - i;
            std::vector<double> wanted;
            for (std::size_t node : graph.rows[layer]) {
                const Indices& side = sweep % 2 == 0 ? graph.left[node] : graph.right[node];
                double sum = 0;
                for (std::size_t one : side) sum += y[one];
                wanted.push_back(side.empty() ? y[node] : sum / static_cast<double>(side.size()));
            }
            settle_row(graph.rows[layer], offsets[layer], wanted, y);
        }
    }
    return y;
}

}  // namespace layers_detail

std::vector<std::size_t> layers_of(std::size_t nodes, const std::vector<DrawnEdge>& edges) {
    std::vector<layers_detail::Indices> below(nodes);
    for (const DrawnEdge& edge : edges) below[edge.from].push_back(edge.to);
    const layers_detail::Indices order = layers_detail::topological(nodes, below);
    layers_detail::Indices rank(nodes);
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    std::vector<std::size_t> layer(nodes, 0);
    for (std::size_t node : order) {
        for (std::size_t next : below[node]) {
            if (rank[next] > rank[node]) layer[next] = std::max(layer[next], layer[node] + 1);
        }
    }
    return layer;
}

Placement place_in_layers(const std::vector<double>& widths, const std::vector<DrawnEdge>& edges) {
    using namespace layers_detail;
    Placement placed;
    Proper graph = make_proper(widths.size(), edges);
    placed.crossings = order_rows(graph);
    const std::vector<double> y = heights(graph);
    double top = 0;
    double bottom = 0;
    for (std::size_t node = 0; node < y.size(); ++node) {
        top = std::min(top, y[node] - graph.height(node) / 2);
        bottom = std::max(bottom, y[node] + graph.height(node) / 2);
    }
    placed.boxes.resize(widths.size());
    std::vector<double> lefts;
    std::vector<double> rights;
    double x = k_margin;
    for (const Indices& row : graph.rows) {
        double widest = 0;
        for (std::size_t node : row) {
            if (node >= graph.real) continue;
            widest = std::max(widest, widths[node]);
            placed.boxes[node] = {x, y[node] - k_box_height / 2 - top + k_margin, widths[node], k_box_height};
        }
        lefts.push_back(x);
        rights.push_back(x + widest);
        x += widest + k_between_layers;
    }
    for (const Indices& chain : graph.chain) {
        placed.routes.emplace_back();
        for (std::size_t point : chain) {
            const std::size_t layer = graph.layer[point];
            placed.routes.back().push_back({lefts[layer], rights[layer], y[point] - top + k_margin});
        }
    }
    placed.width = std::max(x - k_between_layers, k_margin) + k_margin;
    placed.height = bottom - top + 2 * k_margin;
    return placed;
}

}  // namespace cermet::report
