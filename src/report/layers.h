// Layers: where boxes and lines of a drawing go, from left to right, so that few lines cross.
// SPDX-License-Identifier: MIT
//
// Sugiyama's scheme, the simple form of each step: a node stands one layer right of the last node that needs it; lines
// over several layers get a waypoint in each; sweeps order every layer by the barycentre of its neighbours, and the order
// with fewest crossings is kept; heights are the least squares to the neighbours' that keep order and distance. Pure.
// Sources: Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981); the pool
// adjacent violators algorithm for the last step. Lengths are in pixels of an SVG without scale.
#pragma once
#include <cstddef>
#include <vector>

#include "report/drawing.h"

namespace cermet::report {

struct Box {
    double x = 0, y = 0;  // of the upper left corner
    double width = 0, height = 0;
};

// A line through the layers between two boxes: in each it runs level, from the layer's left side to its right one.
struct Waypoint {
    double left = 0, right = 0, y = 0;
};

struct Placement {
    std::vector<Box> boxes;                     // of the nodes
    std::vector<std::vector<Waypoint>> routes;  // of the edges: between the two boxes
    double width = 0, height = 0;
    std::size_t crossings = 0;
};

// The longest way to each node from one that nobody needs. Edges that would close a cycle do not count.
std::vector<std::size_t> layers_of(std::size_t nodes, const std::vector<DrawnEdge>& edges);

// `widths`: of the boxes; all have the same height.
Placement place_in_layers(const std::vector<double>& widths, const std::vector<DrawnEdge>& edges);

}  // namespace cermet::report
