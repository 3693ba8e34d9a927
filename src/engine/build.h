// Build: the two-word handle with which a rule asks for other keys. Every co_await on it is one edge of the graph.
// SPDX-License-Identifier: MIT
//
//     const Python& python = co_await build.get(FindPython(path));            fails this rule if that key fails
//     Result<Object> object = co_await build.attempt(CompileC(source));       looks at the failure instead
//     std::vector<Object> objects = co_await build.all(std::move(keys));      in parallel
//     const CrateMeta& meta = co_await build.early(CompileCrate(unit));       first step of a two-step key
//     Ticket<Ran> ticket = build.ticket<Ran>(); …; Ran ran = co_await build.answer(ticket);   work of another thread
// get() and early() give references that live as long as the graph does.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/graph.h"

namespace cermet::engine {

// Answers a ticket from any thread, once. Copyable; must not outlive the graph.
template <class T>
class Sender {
   public:
    Sender() = default;
    Sender(Graph* graph, KeyId id) : graph_(graph), id_(id) {}
    void send(Result<T> result) const {
        if (result.ok()) {
            graph_->answer_ticket(id_, Value::of<T>(std::move(*result)), nullptr);
        } else {
            graph_->answer_ticket(id_, Value(), std::make_unique<Error>(std::move(result).error()));
        }
    }

   private:
    Graph* graph_ = nullptr;
    KeyId id_ = k_no_key;
};

template <class T>
class Ticket {
   public:
    Ticket(Graph* graph, KeyId id) : graph_(graph), id_(id) {}
    Sender<T> sender() const { return Sender<T>(graph_, id_); }
    KeyId id() const { return id_; }

   private:
    Graph* graph_;
    KeyId id_;
};

template <class T>
struct GetAwaiter {
    Graph* graph;
    KeyId self;
    KeyId wanted;
    bool await_ready() { return graph->ask(self, wanted, Graph::Wait::Value); }
    void await_suspend(Frame frame) {
        graph->expect(self, wanted, Graph::Wait::Value);
        graph->suspend(self, frame);
    }
    const T& await_resume() { return graph->value_of(wanted).template as<T>(); }
};

template <class T>
struct AttemptAwaiter {
    Graph* graph;
    KeyId self;
    KeyId wanted;
    bool await_ready() { return graph->ask(self, wanted, Graph::Wait::Attempt); }
    void await_suspend(Frame frame) {
        graph->expect(self, wanted, Graph::Wait::Attempt);
        graph->suspend(self, frame);
    }
    Result<T> await_resume() {
        const Error* error = graph->error_of(wanted);
        if (error != nullptr) return *error;
        return graph->value_of(wanted).template as<T>();
    }
};

template <class T>
struct EarlyAwaiter {
    Graph* graph;
    KeyId self;
    KeyId wanted;
    bool await_ready() { return graph->ask(self, wanted, Graph::Wait::Early); }
    void await_suspend(Frame frame) {
        graph->expect(self, wanted, Graph::Wait::Early);
        graph->suspend(self, frame);
    }
    const T& await_resume() { return graph->early_of(wanted).template as<T>(); }
};

template <class T>
struct AllAwaiter {
    Graph* graph;
    KeyId self;
    std::vector<KeyId> wanted;
    AllAwaiter(Graph* g, KeyId s, std::vector<KeyId> w) : graph(g), self(s), wanted(std::move(w)) {}
    bool await_ready() {
        bool ready = true;
        for (KeyId id : wanted) ready = graph->ask(self, id, Graph::Wait::Value) && ready;
        return ready;
    }
    void await_suspend(Frame frame) {
        for (KeyId id : wanted) graph->expect(self, id, Graph::Wait::Value);
        graph->suspend(self, frame);
    }
    std::vector<T> await_resume() {
        std::vector<T> values;
        values.reserve(wanted.size());
        for (KeyId id : wanted) values.push_back(graph->value_of(id).template as<T>());
        return values;
    }
};

class Build {
   public:
    Build(Graph* graph, KeyId self) : graph_(graph), self_(self) {}

    template <Key K>
    GetAwaiter<typename K::Value> get(const K& key) const {
        return {graph_, self_, graph_->intern(key)};
    }
    template <Key K>
    AttemptAwaiter<typename K::Value> attempt(const K& key) const {
        return {graph_, self_, graph_->intern(key)};
    }
    template <Key K>
    EarlyAwaiter<typename K::Early> early(const K& key) const {
        return {graph_, self_, graph_->intern(key)};
    }
    template <Key K>
    AllAwaiter<typename K::Value> all(const std::vector<K>& keys) const {
        std::vector<KeyId> ids;
        ids.reserve(keys.size());
        for (const K& key : keys) ids.push_back(graph_->intern(key));
        return AllAwaiter<typename K::Value>(graph_, self_, std::move(ids));
    }
    // Lets a key begin without waiting for it: the question follows later. No edge is recorded yet.
    template <Key K>
    void want(const K& key) const {
        graph_->want(graph_->intern(key));
    }
    template <class E>
    void publish(E early) const {
        graph_->publish(self_, Value::of<E>(std::move(early)));
    }
    template <class T>
    Ticket<T> ticket() const {
        return Ticket<T>(graph_, graph_->new_ticket());
    }
    template <class T>
    GetAwaiter<T> answer(const Ticket<T>& ticket) const {
        return {graph_, self_, ticket.id()};
    }
    template <class T>
    AttemptAwaiter<T> attempt_answer(const Ticket<T>& ticket) const {
        return {graph_, self_, ticket.id()};
    }
    template <class S>
    S& service() const {
        return graph_->service<S>();
    }
    Graph& graph() const { return *graph_; }

   private:
    Graph* graph_;
    KeyId self_;
};

template <Key K>
class KeyBoxOf final : public KeyBox {
   public:
    explicit KeyBoxOf(const K& key) : key_(key) {}
    Frame start(Build build) const override {
        Frame frame = run(build, key_).release();
        frame.promise().rule_name = K::k_name.data();
        return frame;
    }
    std::string describe() const override {
        if constexpr (requires { key_.describe(); }) return key_.describe();
        return {};
    }
    std::string text() const override { return key_.text(); }
    std::string_view name() const override { return K::k_name; }
    TypeTag value_tag() const override { return type_tag<typename K::Value>(); }
    Drawn drawn() const override {
        if constexpr (requires { key_.drawn(); }) return key_.drawn();
        return {};
    }
    TypeTag key_tag() const override { return type_tag<K>(); }
    const void* key() const override { return &key_; }
    static std::unique_ptr<KeyBox> make(const void* key) {
        return std::make_unique<KeyBoxOf>(*static_cast<const K*>(key));
    }

   private:
    K key_;
};

template <Key K>
KeyId Graph::intern(const K& key) {
    return find_or_add(type_tag<K>(), key.text(), &KeyBoxOf<K>::make, &key);
}

template <Key K>
void Graph::invalidate(const K& key) {
    std::optional<KeyId> id = find(type_tag<K>(), key.text());
    if (id) invalidate_id(*id);
}

template <Key K>
Explanation Graph::explain(const K& key) const {
    std::optional<KeyId> id = find(type_tag<K>(), key.text());
    return id ? explain_id(*id) : Explanation();
}

template <Key K>
std::vector<Seen<K>> Graph::all_of() const {
    std::vector<Seen<K>> found;
    for (KeyId id = 0; id < size(); ++id) {
        const KeyBox* box = box_of(id);
        if (box == nullptr || box->key_tag() != type_tag<K>()) continue;
        const Value& value = value_of(id);
        const auto* answer = value.empty() ? nullptr : &value.template as<typename K::Value>();
        found.push_back({id, static_cast<const K*>(box->key()), answer, error_of(id)});
    }
    return found;
}

template <Key K>
Result<typename K::Value> Graph::run(const K& key) {
    Result<Value> value = run_to_end(intern(key));
    if (!value.ok()) return std::move(value).error();
    return value->template as<typename K::Value>();
}

}  // namespace cermet::engine
