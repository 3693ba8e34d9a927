// From keys to a drawing: files are added, what is not drawn is contracted.
// SPDX-License-Identifier: MIT
#include "cli/graph_drawing.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "exec/steps.h"
#include "languages/python/distribution.h"
#include "languages/python/told.h"
#include "languages/rust/rust.h"

namespace cermet::cli {
namespace graph_drawing_detail {

using Indices = std::vector<std::size_t>;

bool is_header(std::string_view path) {
    for (std::string_view suffix : {".h", ".hh", ".hpp", ".hxx", ".pxd", ".pxi"}) {
        if (extension(path) == suffix) return true;
    }
    return false;
}

// Everything before contraction: the graph's keys, and behind them files.
struct Whole {
    std::vector<engine::Drawn> nodes;  // kind "": not drawn
    std::vector<Indices> needs;
    std::vector<Json> more;
    std::map<std::string, std::size_t> files;  // canonical -> node

    std::size_t add(engine::Drawn drawn) {
        nodes.push_back(std::move(drawn));
        needs.emplace_back();
        more.emplace_back();
        return nodes.size() - 1;
    }
    // A call, so that a node which is added for it moves nothing that is held.
    void connect(std::size_t from, std::size_t to) { needs[from].push_back(to); }
};

// The keys' nodes that are drawn and stand above one that is not: whose step it is.
class Owners {
   public:
    explicit Owners(const engine::Graph& graph) : graph_(graph), above_(graph.size()) {
        for (engine::KeyId id = 0; id < graph.size(); ++id) {
            for (engine::KeyId dep : graph.deps_of(id)) above_[dep].push_back(id);
        }
    }
    std::set<engine::KeyId> of(engine::KeyId id) const {
        std::set<engine::KeyId> found;
        std::set<engine::KeyId> seen;
        std::vector<engine::KeyId> next = {id};
        while (!next.empty()) {
            const engine::KeyId at = next.back();
            next.pop_back();
            if (!seen.insert(at).second) continue;
            if (!graph_.drawn(at).kind.empty()) {
                found.insert(at);
            } else {
                next.insert(next.end(), above_[at].begin(), above_[at].end());
            }
        }
        return found;
    }

   private:
    const engine::Graph& graph_;
    std::vector<std::vector<engine::KeyId>> above_;
};

Whole keys_of(const engine::Graph& graph) {
    Whole whole;
    for (engine::KeyId id = 0; id < graph.size(); ++id) {
        whole.add(graph.drawn(id));
        whole.needs[id].assign(graph.deps_of(id).begin(), graph.deps_of(id).end());
    }
    return whole;
}

std::vector<exec::SeenStep> all_steps(const engine::Graph& graph) {
    std::vector<exec::SeenStep> steps = exec::steps_of(graph);
    for (const std::vector<exec::SeenStep>& talking : {rust::talking_steps(graph), python::talking_generators(graph)})
        steps.insert(steps.end(), talking.begin(), talking.end());
    return steps;
}

// "small/part.h"; what lies elsewhere by its canonical name.
std::string path_id(const std::string& path) {
    return is_within(path, exec::k_ws) ? relative_to(path, exec::k_ws) : path;
}

std::size_t file_node(Whole& whole, const std::string& kind, const std::string& path) {
    auto [found, added] = whole.files.try_emplace(path, 0);
    if (added) found->second = whole.add({kind, path_id(path), path_id(path)});
    return found->second;
}

std::map<std::string, std::size_t> writers_of(const std::vector<exec::SeenStep>& steps) {
    std::map<std::string, std::size_t> writers;
    for (const exec::SeenStep& step : steps) {
        for (const std::string& path : exec::files_written(step)) writers.emplace(path, step.id);
    }
    return writers;
}

// Steps as nodes: each needs the steps whose files it read, and files of the checkout that no step wrote.
void add_steps(Whole& whole, const std::vector<exec::SeenStep>& steps) {
    const std::map<std::string, std::size_t> writers = writers_of(steps);
    for (const exec::SeenStep& step : steps) {
        const std::vector<std::string> read = exec::files_read(step);
        whole.nodes[step.id] = {"step", step.action->label, step.action->description};
        whole.more[step.id]
            .set("reads", Json::strings(read))
            .set("tools", Json::strings(exec::tools_of(step)))
            .set("writes", Json::strings(exec::files_written(step)));
        for (const std::string& path : read) {
            auto writer = writers.find(path);
            if (writer != writers.end() && writer->second != step.id) {
                whole.needs[step.id].push_back(writer->second);
            } else if (writer == writers.end() && is_within(path, exec::k_ws)) {
                whole.connect(step.id, file_node(whole, "file", path));
            }
        }
    }
}

// Headers that one target's steps read: the project's own, and those that another target's steps wrote.
void add_headers(Whole& whole, const engine::Graph& graph, const std::vector<exec::SeenStep>& steps) {
    const Owners owners(graph);
    const std::map<std::string, std::size_t> writers = writers_of(steps);
    std::map<std::size_t, std::set<engine::KeyId>> made_for;  // step -> targets
    auto owners_of = [&](std::size_t step) -> const std::set<engine::KeyId>& {
        auto [known, added] = made_for.try_emplace(step);
        if (added) known->second = owners.of(static_cast<engine::KeyId>(step));
        return known->second;
    };
    for (const exec::SeenStep& step : steps) {
        for (const std::string& path : exec::files_read(step)) {
            if (!is_header(path)) continue;
            auto writer = writers.find(path);
            if (writer == writers.end()) {
                if (is_within(path, exec::k_ws)) whole.connect(step.id, file_node(whole, "header", path));
                continue;
            }
            const std::set<engine::KeyId>& makers = owners_of(writer->second);
            const std::set<engine::KeyId>& readers = owners_of(step.id);
            const bool own =
                std::any_of(makers.begin(), makers.end(), [&](engine::KeyId one) { return readers.count(one) != 0; });
            if (own) continue;
            const std::size_t header = file_node(whole, "header", path);
            if (!is_within(path, exec::k_ws)) whole.nodes[header].name = file_name(path);  // its maker says where from
            whole.connect(step.id, header);
            whole.needs[header].assign(makers.begin(), makers.end());
        }
    }
}

// For each node the drawn ones that stand directly below it. Iterative: chains of keys may be long.
class Contraction {
   public:
    explicit Contraction(const Whole& whole) : whole_(whole), state_(whole.nodes.size()), near_(whole.nodes.size()) {}

    const Indices& below(std::size_t start) {
        std::vector<std::pair<std::size_t, std::size_t>> stack;
        open(stack, start);
        while (!stack.empty()) {
            const std::size_t node = stack.back().first;
            if (stack.back().second == whole_.needs[node].size()) {
                close(node);
                stack.pop_back();
                continue;
            }
            const std::size_t next = whole_.needs[node][stack.back().second++];
            if (whole_.nodes[next].kind.empty()) open(stack, next);
        }
        return near_[start];
    }

   private:
    enum class State : unsigned char { New, Open, Done };
    const Whole& whole_;
    std::vector<State> state_;
    std::vector<Indices> near_;

    void open(std::vector<std::pair<std::size_t, std::size_t>>& stack, std::size_t node) {
        if (state_[node] != State::New) return;
        state_[node] = State::Open;
        stack.emplace_back(node, 0);
    }
    void close(std::size_t node) {
        state_[node] = State::Done;
        Indices& all = near_[node];
        for (std::size_t next : whole_.needs[node]) {
            if (!whole_.nodes[next].kind.empty()) {
                all.push_back(next);
            } else {
                all.insert(all.end(), near_[next].begin(), near_[next].end());
            }
        }
        std::sort(all.begin(), all.end());
        all.erase(std::unique(all.begin(), all.end()), all.end());
    }
};

// The drawn nodes that can be reached from the roots; keys that stand for one thing are one node.
class Builder {
   public:
    explicit Builder(const Whole& whole) : whole_(whole), contraction_(whole) {}

    report::Drawing build(const std::vector<engine::KeyId>& asked) {
        std::set<std::size_t> roots;
        for (engine::KeyId id : asked) {
            if (!whole_.nodes[id].kind.empty()) {
                roots.insert(index_of(id));
                continue;
            }
            const Indices below = contraction_.below(id);
            for (std::size_t node : below) roots.insert(index_of(node));
        }
        while (!waiting_.empty()) {
            const std::size_t node = waiting_.back();
            waiting_.pop_back();
            const Indices below = contraction_.below(node);
            for (std::size_t next : below) {
                const report::DrawnEdge edge{index_of(node), index_of(next)};
                if (edge.from != edge.to) edges_.insert(edge);
            }
        }
        drawing_.edges.assign(edges_.begin(), edges_.end());
        // What another root stands on is shown there.
        for (const report::DrawnEdge& edge : drawing_.edges) roots.erase(edge.to);
        drawing_.roots.assign(roots.begin(), roots.end());
        return std::move(drawing_);
    }

   private:
    const Whole& whole_;
    Contraction contraction_;
    report::Drawing drawing_;
    std::map<std::string, std::size_t> known_;  // by id
    std::set<std::size_t> taken_;               // nodes of `whole_`
    std::set<report::DrawnEdge> edges_;
    Indices waiting_;

    std::size_t index_of(std::size_t node) {
        const engine::Drawn& drawn = whole_.nodes[node];
        const std::string id = drawn_id(drawn);
        auto [found, added] = known_.try_emplace(id, drawing_.nodes.size());
        if (added) drawing_.nodes.push_back({id, drawn.kind, drawn.name, whole_.more[node]});
        if (taken_.insert(node).second) waiting_.push_back(node);
        return found->second;
    }
};

void name_archives(report::Drawing& drawing, const engine::Graph& graph) {
    auto name = [&](const char* id, const python::BuiltArchive* archive) {
        for (report::DrawnNode& node : drawing.nodes) {
            if (node.id == id && archive != nullptr) node.name = archive->file_name;
        }
    };
    for (const auto& one : graph.all_of<python::BuildWheel>()) name("wheel", one.value);
}

}  // namespace graph_drawing_detail

std::string drawn_id(const engine::Drawn& drawn) {
    return drawn.id.empty() ? drawn.kind : cat(drawn.kind, ":", drawn.id);
}

report::Drawing draw_graph(Session& session, Detail detail) {
    using namespace graph_drawing_detail;
    const engine::Graph& graph = session.graph();
    Whole whole = keys_of(graph);
    const std::vector<exec::SeenStep> steps = all_steps(graph);
    if (detail == Detail::Steps) {
        add_steps(whole, steps);
    } else {
        add_headers(whole, graph, steps);
    }
    report::Drawing drawing = Builder(whole).build(graph.asked());
    name_archives(drawing, graph);
    return drawing;
}

}  // namespace cermet::cli
