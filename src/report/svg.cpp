// A drawing as SVG: boxes, curves between them, a legend of the kinds; nothing but text of ours and escaped names.
// SPDX-License-Identifier: MIT
//
// Sources: SVG 1.1, XML 1.0 (which characters a document may hold).
#include <algorithm>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "report/drawing.h"
#include "report/layers.h"
#include "report/shown_text.h"

namespace cermet::report {
namespace svg_detail {

constexpr int k_longest_name = 52;   // characters; the whole name is in the box's title
constexpr double k_character = 7.3;  // of a 12 pixel monospace font
constexpr double k_padding = 16;     // of a box, both sides together
constexpr double k_legend_height = 28;

struct Colour {
    std::string_view kind, fill;
};
// Pale, with dark text on them; files and what is not listed are grey.
constexpr Colour k_colours[] = {
    {"wheel", "#ffd8a8"},  {"sdist", "#ffd8a8"},     {"editable", "#ffd8a8"},     {"workspace", "#ffd8a8"},
    {"module", "#a5d8ff"}, {"library", "#b2f2bb"},   {"program", "#99e9f2"},      {"crate", "#ffc9c9"},
    {"script", "#eebefa"}, {"generator", "#d0bfff"}, {"distribution", "#ffec99"}, {"step", "#dee2e6"},
    {"fact", "#ffffff"},
};

std::string_view colour_of(std::string_view kind) {
    for (const Colour& one : k_colours) {
        if (one.kind == kind) return one.fill;
    }
    return "#f1f3f5";
}

// What XML cannot hold at all becomes U+FFFD.
std::string escaped(std::string_view given) {
    std::string text(given);
    if (!valid_utf8(text)) {
        std::replace_if(
            text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    }
    text = replace_all(replace_all(text, "\xef\xbf\xbe", "\xef\xbf\xbd"), "\xef\xbf\xbf", "\xef\xbf\xbd");
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += "\xef\xbf\xbd";
                } else {
                    out += c;
                }
        }
    }
    return out;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string label_of(const DrawnNode& node) { return clip(node.name.empty() ? node.kind : node.name, k_longest_name); }

double width_of(const std::string& label) { return static_cast<double>(characters(label)) * k_character + k_padding; }

std::string box_text(const DrawnNode& node, const Box& box, double down) {
    const std::string label = label_of(node);
    return cat("<g class=\"node\" id=\"", escaped(node.id), "\"><title>", escaped(cat(node.kind, " ", node.name)),
               "</title><rect x=\"", number(box.x), "\" y=\"", number(box.y + down), "\" width=\"", number(box.width),
               "\" height=\"", number(box.height), "\" rx=\"4\" fill=\"", colour_of(node.kind), "\"/><text x=\"",
               number(box.x + k_padding / 2), "\" y=\"", number(box.y + down + box.height / 2 + 4), "\">",
               escaped(label), "</text></g>\n");
}

// Level through each layer, a smooth step between two.
std::string curve(double x, double y, double to_x, double to_y) {
    const double middle = (x + to_x) / 2;
    return cat(" C", number(middle), " ", number(y), " ", number(middle), " ", number(to_y), " ", number(to_x), " ",
               number(to_y));
}

std::string edge_text(const std::string& title, const Box& from, const Box& to, const std::vector<Waypoint>& route,
                      double down) {
    double x = from.x + from.width;
    double y = from.y + from.height / 2 + down;
    std::string path = cat("M", number(x), " ", number(y));
    for (const Waypoint& point : route) {
        path += curve(x, y, point.left, point.y + down);
        path += cat(" H", number(point.right));
        x = point.right;
        y = point.y + down;
    }
    path += curve(x, y, to.x, to.y + to.height / 2 + down);
    return cat("<path class=\"edge\" d=\"", path, "\"><title>", escaped(title), "</title></path>\n");
}

std::string legend(const Drawing& drawing, double& width) {
    std::map<std::string, std::size_t> kinds;
    for (const DrawnNode& node : drawing.nodes) ++kinds[node.kind];
    std::string out;
    double x = 16;
    for (const auto& [kind, count] : kinds) {
        const std::string label = cat(kind, " ", count);
        out += cat("<rect x=\"", number(x), "\" y=\"10.0\" width=\"", number(width_of(label)),
                   "\" height=\"18.0\" rx=\"4\" fill=\"", colour_of(kind), "\"/><text x=\"", number(x + k_padding / 2),
                   "\" y=\"23.0\">", escaped(label), "</text>\n");
        x += width_of(label) + 8;
    }
    width = std::max(width, x + 8);
    return cat("<g class=\"legend\">\n", out, "</g>\n");
}

}  // namespace svg_detail

std::string drawing_svg(const Drawing& drawing) {
    using namespace svg_detail;
    std::vector<double> widths;
    for (const DrawnNode& node : drawing.nodes) widths.push_back(width_of(label_of(node)));
    const Placement placed = place_in_layers(widths, drawing.edges);
    double width = placed.width;
    const std::string kinds = legend(drawing, width);
    const std::string size = cat(number(width), "\" height=\"", number(placed.height + k_legend_height));
    std::string out =
        cat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" "
            "width=\"",
            size,
            "\">\n<style>text{font:12px ui-monospace,monospace;fill:#212529}rect{stroke:#868e96}"
            ".edge{fill:none;stroke:#868e96;stroke-opacity:.7}.edge:hover{stroke:#e03131;stroke-width:2}</style>\n"
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\" stroke=\"none\" style=\"stroke:none\"/>\n",
            kinds);
    for (std::size_t i = 0; i < drawing.edges.size(); ++i) {
        const DrawnEdge& edge = drawing.edges[i];
        const std::string title = cat(drawing.nodes[edge.from].name, " → ", drawing.nodes[edge.to].name);
        out += edge_text(title, placed.boxes[edge.from], placed.boxes[edge.to], placed.routes[i], k_legend_height);
    }
    for (std::size_t i = 0; i < drawing.nodes.size(); ++i)
        out += box_text(drawing.nodes[i], placed.boxes[i], k_legend_height);
    return out + "</svg>\n";
}

}  // namespace cermet::report
