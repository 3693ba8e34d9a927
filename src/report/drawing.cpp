// Drawings: shortcuts removed, text and JSON.
// SPDX-License-Identifier: MIT
#include "report/drawing.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/text.h"
#include "report/layers.h"
#include "report/shown_text.h"

namespace cermet::report {
namespace drawing_detail {

constexpr std::size_t k_listed = 6;  // names of one list, where it is short

// One bit for each node.
class Bits {
   public:
    explicit Bits(std::size_t count) : words_((count + 63) / 64) {}
    bool has(std::size_t at) const { return ((words_[at / 64] >> (at % 64)) & 1) != 0; }
    void add(std::size_t at) { words_[at / 64] |= std::uint64_t{1} << (at % 64); }
    void add(const Bits& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    }

   private:
    std::vector<std::uint64_t> words_;
};

std::vector<std::vector<std::size_t>> children_of(const Drawing& drawing) {
    std::vector<std::vector<std::size_t>> children(drawing.nodes.size());
    for (const DrawnEdge& edge : drawing.edges) children[edge.from].push_back(edge.to);
    return children;
}

// What is made before what is only read, then by name.
bool stands_before(const DrawnNode& a, const DrawnNode& b) {
    auto rank = [](const DrawnNode& node) { return node.kind == "header" || node.kind == "file" ? 1 : 0; };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.name != b.name ? a.name < b.name : a.id < b.id;
}

class Tree {
   public:
    Tree(const Drawing& drawing, Lists lists)
        : drawing_(drawing), lists_(lists), children_(children_of(drawing)), shown_(drawing.nodes.size(), false) {
        for (std::vector<std::size_t>& some : children_) {
            std::sort(some.begin(), some.end(), [&](std::size_t a, std::size_t b) {
                return stands_before(drawing_.nodes[a], drawing_.nodes[b]);
            });
        }
    }

    std::string text() {
        for (std::size_t root : drawing_.roots) add(root, "", "");
        return std::move(out_);
    }

   private:
    const Drawing& drawing_;
    Lists lists_;
    std::vector<std::vector<std::size_t>> children_;
    std::vector<bool> shown_;
    std::string out_;

    bool is_file(std::size_t node) const {
        const std::string& kind = drawing_.nodes[node].kind;
        return children_[node].empty() && (kind == "header" || kind == "file");
    }

    void add(std::size_t node, const std::string& head, const std::string& below) {
        const DrawnNode& one = drawing_.nodes[node];
        out_ += cat(head, one.kind, one.name.empty() ? "" : " ", one_line(one.name));
        if (shown_[node] && !children_[node].empty()) {
            out_ += " (above)\n";
            return;
        }
        out_ += "\n";
        shown_[node] = true;
        add_children(children_[node], below);
    }

    // Files that nothing stands below share a line, at the end.
    void add_children(const std::vector<std::size_t>& all, const std::string& below) {
        std::vector<std::size_t> some;
        std::vector<std::size_t> files;
        for (std::size_t child : all) (is_file(child) ? files : some).push_back(child);
        for (std::size_t i = 0; i < some.size(); ++i) {
            const bool last = i + 1 == some.size() && files.empty();
            add(some[i], below + (last ? "└── " : "├── "), below + (last ? "    " : "│   "));
        }
        if (!files.empty()) add_files(files, below + "└── ");
    }

    void add_files(const std::vector<std::size_t>& files, const std::string& head) {
        std::vector<std::string> names;
        const bool all = lists_ == Lists::Full || files.size() <= k_listed + 1;
        for (std::size_t i = 0; i < files.size() && (all || i < k_listed); ++i)
            names.push_back(one_line(drawing_.nodes[files[i]].name));
        if (!all) names.push_back(cat("and ", files.size() - k_listed, " more"));
        out_ += cat(head, drawing_.nodes[files[0]].kind, files.size() > 1 ? "s " : " ", join(names, ", "), "\n");
    }
};

}  // namespace drawing_detail

// Approach: nodes from the last layer to the first, each with the set of all that it reaches; of its needs, nearest layer
// first, those that an earlier one reaches are shortcuts.
Drawing without_shortcuts(const Drawing& drawing) {
    using drawing_detail::Bits;
    const std::size_t count = drawing.nodes.size();
    std::vector<std::vector<std::size_t>> children = drawing_detail::children_of(drawing);
    const std::vector<std::size_t> layer = layers_of(count, drawing.edges);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return layer[a] > layer[b]; });
    std::vector<Bits> reached(count, Bits(count));
    Drawing reduced = drawing;
    reduced.edges.clear();
    for (std::size_t node : order) {
        std::stable_sort(children[node].begin(), children[node].end(),
                         [&](std::size_t a, std::size_t b) { return layer[a] < layer[b]; });
        for (std::size_t child : children[node]) {
            if (reached[node].has(child)) continue;
            reduced.edges.push_back({node, child});
            reached[node].add(child);
            reached[node].add(reached[child]);
        }
    }
    std::sort(reduced.edges.begin(), reduced.edges.end());
    return reduced;
}

std::string tree_text(const Drawing& drawing, Lists lists) { return drawing_detail::Tree(drawing, lists).text(); }

Json drawing_json(const Drawing& drawing) {
    std::vector<std::size_t> order(drawing.nodes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return drawing.nodes[a].id < drawing.nodes[b].id; });
    Json nodes{Json::Array{}};
    for (std::size_t at : order) {
        const DrawnNode& node = drawing.nodes[at];
        Json one = node.more;
        one.set("id", node.id).set("kind", node.kind).set("name", node.name);
        nodes.push(std::move(one));
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const DrawnEdge& edge : drawing.edges)
        pairs.emplace_back(drawing.nodes[edge.from].id, drawing.nodes[edge.to].id);
    std::sort(pairs.begin(), pairs.end());
    Json edges{Json::Array{}};
    for (const auto& [from, to] : pairs) {
        Json one;
        one.set("from", from).set("to", to);
        edges.push(std::move(one));
    }
    Json roots{Json::Array{}};
    for (std::size_t root : drawing.roots) roots.push(drawing.nodes[root].id);
    Json out;
    out.set("nodes", std::move(nodes)).set("edges", std::move(edges)).set("roots", std::move(roots));
    return out;
}

}  // namespace cermet::report
