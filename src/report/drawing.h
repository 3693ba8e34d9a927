// Drawing: a graph for people: nodes with names, edges from who needs to what is needed; as text, JSON and SVG.
// SPDX-License-Identifier: MIT
//
// Pure: knows neither engine nor files. Edges lead to indices of `nodes`; the graph has no cycles. All three forms are
// deterministic: equal drawings, equal bytes.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"

namespace cermet::report {

struct DrawnNode {
    std::string id;    // unique: "module:spring.force"
    std::string kind;  // "module"
    std::string name;  // for people
    Json more;         // an object: further members in JSON; null: none
};

struct DrawnEdge {
    std::size_t from = 0, to = 0;
    auto operator<=>(const DrawnEdge&) const = default;
};

struct Drawing {
    std::vector<DrawnNode> nodes;
    std::vector<DrawnEdge> edges;  // sorted, each once
    std::vector<std::size_t> roots;
};

// Without edges that a longer way says too: what text and SVG show.
Drawing without_shortcuts(const Drawing& drawing);

enum class Lists { Short, Full };  // long lists of files on one line
// An indented tree; what was shown with all below it is "(above)" where it comes again.
std::string tree_text(const Drawing& drawing, Lists lists);
// {"nodes":[{id, kind, name, …}],"edges":[{from, to}],"roots":[id]}, in the order of ids.
Json drawing_json(const Drawing& drawing);
// Standalone SVG 1.1: layers from left to right, one colour for each kind.
std::string drawing_svg(const Drawing& drawing);

}  // namespace cermet::report
