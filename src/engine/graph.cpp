// Graph: the loop that runs rules, verifies old answers, and finds out who is to be woken.
// SPDX-License-Identifier: MIT
#include "engine/graph.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace cermet::engine {

// A reader follows a dozen steps at most; a chain of 200,000 keys must not make a text of that length.
inline constexpr std::size_t k_max_because = 12;

void Promise::unhandled_exception() { abort_bug(cat("an exception reached the rule ", rule_name)); }

struct Graph::Node {
    std::unique_ptr<KeyBox> box;  // null: a ticket
    Frame frame;
    Value value;
    Value early;
    std::unique_ptr<Error> error;
    std::vector<KeyId> deps;  // edges of the last run, in the order they were asked
    std::vector<Waiter> waiters;
    KeyId doomed_by = k_no_key;  // a failed dependency that ends this rule
    KeyId cause = k_no_key;
    std::uint32_t pending = 0;  // answers still missing before the frame may go on
    std::uint32_t epoch = 0;
    std::uint32_t verified_at = 0;
    std::uint32_t changed_at = 0;
    std::uint32_t verify_index = 0;
    State state = State::Idle;
    RunReason reason = RunReason::NeverRan;
    std::uint32_t ran_at = 0;
    bool invalidated = false;
    bool queued = false;
};

Graph::Graph() = default;
Graph::~Graph() { destroy_frames(); }

std::size_t Graph::TableHash::operator()(const TableKey& k) const {
    return static_cast<std::size_t>(hash64(k.text)) ^ (reinterpret_cast<std::size_t>(k.type) * 31);
}

KeyId Graph::find_or_add(TypeTag type, std::string text, std::unique_ptr<KeyBox> (*make)(const void*),
                         const void* key) {
    auto [entry, added] = table_.try_emplace(TableKey{type, std::move(text)}, KeyId{0});
    if (!added) return entry->second;
    if (nodes_.size() >= k_no_key) abort_bug("more than four thousand million keys");
    KeyId id = static_cast<KeyId>(nodes_.size());
    nodes_.emplace_back();
    nodes_.back().box = make(key);
    entry->second = id;
    ++counts_.keys;
    return id;
}

std::optional<KeyId> Graph::find(TypeTag type, const std::string& text) const {
    auto entry = table_.find(TableKey{type, text});
    if (entry == table_.end()) return std::nullopt;
    return entry->second;
}

KeyId Graph::new_ticket() {
    KeyId id = static_cast<KeyId>(nodes_.size());
    nodes_.emplace_back();
    nodes_.back().state = State::Running;
    return id;
}

// The only place where a node's life changes; impossible steps abort.
void Graph::set_state(KeyId id, State state) {
    Node& node = nodes_[id];
    bool busy = node.state == State::Verifying || node.state == State::Running || node.state == State::Waiting;
    bool to_busy = state == State::Verifying || state == State::Running || state == State::Waiting;
    if (!busy && state == State::Waiting) abort_bug("a key waits without running: " + name_of(id));
    if (busy && !to_busy && state != State::Idle) node.verified_at = revision_;
    node.state = state;
}

bool Graph::answered(const Node& node) const {
    return (node.state == State::Done || node.state == State::Failed) &&
           (node.verified_at == revision_ || node.box == nullptr) && !node.invalidated;
}

void Graph::demand(KeyId id) {
    Node& node = nodes_[id];
    if (answered(node)) return;
    switch (node.state) {
        case State::Verifying:
        case State::Running:
        case State::Waiting: return;
        case State::Failed: start_rule(id, RunReason::FailedBefore, k_no_key); return;
        case State::Idle:
        case State::Done: break;
    }
    if (node.value.empty()) {
        start_rule(id, RunReason::NeverRan, k_no_key);
    } else if (node.invalidated) {
        start_rule(id, RunReason::Invalidated, k_no_key);
    } else {
        node.verify_index = 0;
        set_state(id, State::Verifying);
        node.queued = true;
        ready_.push_back(id);
    }
}

void Graph::start_rule(KeyId id, RunReason reason, KeyId cause) {
    Node& node = nodes_[id];
    node.reason = reason;
    node.cause = cause;
    node.invalidated = false;
    node.ran_at = revision_;
    node.deps.clear();
    node.early = Value();
    node.error.reset();
    node.doomed_by = k_no_key;
    set_state(id, State::Running);
    node.frame = node.box->start(Build(this, id));
    ++counts_.ran;
    node.queued = true;
    ready_.push_back(id);
}

bool Graph::ask(KeyId self, KeyId wanted, Wait wait) {
    Node& asker = nodes_[self];
    if (nodes_[wanted].box != nullptr && (asker.deps.empty() || asker.deps.back() != wanted)) {
        asker.deps.push_back(wanted);
    }
    if (nodes_[wanted].box != nullptr) demand(wanted);
    const Node& node = nodes_[wanted];
    if (wait == Wait::Early && !node.early.empty()) return true;
    if (!answered(node)) return false;
    return node.state == State::Done ? wait != Wait::Early : wait == Wait::Attempt;
}

void Graph::expect(KeyId self, KeyId wanted, Wait wait) {
    Node& asker = nodes_[self];
    Node& node = nodes_[wanted];
    if (wait == Wait::Early && !node.early.empty()) return;
    if (answered(node)) {
        if (node.state == State::Failed && wait != Wait::Attempt) asker.doomed_by = wanted;
        if (node.state == State::Done && wait == Wait::Early) {
            abort_bug("no early value was published by " + name_of(wanted));
        }
        return;
    }
    if (node.box == nullptr) ++awaited_tickets_;
    node.waiters.push_back({self, asker.epoch, wait});
    ++asker.pending;
}

void Graph::suspend(KeyId self, Frame) {
    Node& node = nodes_[self];
    set_state(self, State::Waiting);
    if (node.pending == 0 || node.doomed_by != k_no_key) {
        node.queued = true;
        ready_.push_back(self);
    }
}

void Graph::publish(KeyId self, Value early) {
    nodes_[self].early = std::move(early);
    wake_early(self);
}

const Value& Graph::value_of(KeyId id) const { return nodes_[id].value; }
const Value& Graph::early_of(KeyId id) const { return nodes_[id].early; }
const Error* Graph::error_of(KeyId id) const { return nodes_[id].error.get(); }

std::string Graph::name_of(KeyId id) const {
    const Node& node = nodes_[id];
    if (node.box == nullptr) return "an answer from outside";
    std::string described = node.box->describe();
    return described.empty() ? cat(node.box->name(), " ", node.box->text()) : described;
}

std::size_t Graph::size() const { return nodes_.size(); }
const KeyBox* Graph::box_of(KeyId id) const { return nodes_[id].box.get(); }
const std::vector<KeyId>& Graph::deps_of(KeyId id) const { return nodes_[id].deps; }
Drawn Graph::drawn(KeyId id) const { return nodes_[id].box == nullptr ? Drawn() : nodes_[id].box->drawn(); }

void Graph::wake(const Waiter& waiter, KeyId answered_id) {
    Node& node = nodes_[waiter.node];
    if (waiter.epoch != node.epoch) return;
    if (nodes_[answered_id].state == State::Failed && waiter.wait != Wait::Attempt) {
        node.doomed_by = answered_id;
    }
    --node.pending;
    if ((node.pending == 0 || node.doomed_by != k_no_key) && !node.queued) {
        node.queued = true;
        ready_.push_back(waiter.node);
    }
}

void Graph::wake_early(KeyId id) {
    std::vector<Waiter> kept;
    std::vector<Waiter> woken;
    for (const Waiter& waiter : nodes_[id].waiters) {
        (waiter.wait == Wait::Early ? woken : kept).push_back(waiter);
    }
    nodes_[id].waiters = std::move(kept);
    for (const Waiter& waiter : woken) wake(waiter, id);
}

void Graph::settle(KeyId id, State state) {
    Node& node = nodes_[id];
    if (node.frame) {
        Frame frame = std::exchange(node.frame, nullptr);
        frame.destroy();
    }
    node.pending = 0;
    ++node.epoch;
    set_state(id, state);
    std::vector<Waiter> waiters = std::move(node.waiters);
    node.waiters.clear();
    for (const Waiter& waiter : waiters) {
        if (node.box == nullptr) --awaited_tickets_;
        if (waiter.wait == Wait::Early && state == State::Done) {
            abort_bug("no early value was published by " + name_of(id));
        }
        wake(waiter, id);
    }
}

void Graph::succeed(KeyId id, Value value) {
    Node& node = nodes_[id];
    if (node.box != nullptr && value.tag() != node.box->value_tag()) {
        abort_bug("the rule answered with another type than its key promises: " + name_of(id));
    }
    if (!node.value.empty() && node.value.same_as(value)) {
        ++counts_.cut_off;
    } else {
        node.value = std::move(value);
        node.changed_at = revision_;
    }
    settle(id, State::Done);
}

void Graph::fail(KeyId id, std::unique_ptr<Error> error) {
    Node& node = nodes_[id];
    if (node.box != nullptr) {
        std::string described = node.box->describe();
        bool told = !error->because.empty() && error->because.back() == "while " + described;
        bool room = error->because.size() < k_max_because;
        if (!described.empty() && !told && room) error->because.push_back("while " + described);
        if (node.doomed_by == k_no_key) failures_.push_back(*error);
    }
    node.error = std::move(error);
    node.changed_at = revision_;
    settle(id, State::Failed);
}

void Graph::fail_because_of(KeyId id, KeyId dependency) {
    fail(id, std::make_unique<Error>(*nodes_[dependency].error));
}

void Graph::resume(KeyId id) {
    Node& node = nodes_[id];
    ++node.epoch;  // answers to earlier questions no longer count
    node.pending = 0;
    set_state(id, State::Running);
    Frame frame = node.frame;
    frame.resume();
    if (!frame.done()) return;
    Promise& promise = frame.promise();
    if (promise.error() != nullptr) {
        fail(id, std::move(promise.error()));
    } else {
        succeed(id, std::move(promise.answer()));
    }
}

// Asks the recorded dependencies in order: a later one may only make sense while the earlier ones are unchanged.
void Graph::verify(KeyId id) {
    ++nodes_[id].epoch;
    nodes_[id].pending = 0;
    nodes_[id].doomed_by = k_no_key;
    while (nodes_[id].verify_index < nodes_[id].deps.size()) {
        KeyId dep = nodes_[id].deps[nodes_[id].verify_index];
        demand(dep);
        Node& node = nodes_[id];
        Node& wanted = nodes_[dep];
        if (!answered(wanted)) {
            wanted.waiters.push_back({id, node.epoch, Wait::Attempt});
            node.pending = 1;
            return;
        }
        if (wanted.state == State::Failed || wanted.changed_at > node.verified_at) {
            start_rule(id, RunReason::DependencyChanged, dep);
            return;
        }
        ++node.verify_index;
    }
    ++counts_.verified;
    settle(id, State::Done);
}

void Graph::step(KeyId id) {
    Node& node = nodes_[id];
    node.queued = false;
    switch (node.state) {
        case State::Verifying: verify(id); return;
        case State::Running:
        case State::Waiting:
            if (node.doomed_by != k_no_key) {
                fail_because_of(id, node.doomed_by);
            } else {
                resume(id);
            }
            return;
        case State::Idle:
        case State::Done:
        case State::Failed: return;  // woken twice: nothing is left to do
    }
}

// The loop. Approach: (1) take what other threads posted; (2) stop when the root is answered, or the user cancelled;
// (3) run one ready node: verify it, resume its frame, or end it because a dependency failed; a frame that suspends has
// been entered in the waiters of what it wants; (4) with nothing ready, sleep until a ticket is answered; (5) with no
// ticket open either, the root can never be answered: that is a cycle, and it is printed.
Result<Value> Graph::run_to_end(KeyId root) {
    failures_.clear();
    asked_.push_back(root);
    demand(root);
    while (true) {
        drain_inbox();
        if (cancel_requested()) {
            destroy_frames();
            return Error(ErrorKind::Cancelled, "interrupted");
        }
        bool finished = answered(nodes_[root]);
        bool go_on = keep_going == KeepGoing::Yes && finished && nodes_[root].state == State::Failed;
        if (finished && !go_on) break;
        if (!ready_.empty()) {
            KeyId id = ready_.front();
            ready_.pop_front();
            step(id);
        } else if (awaited_tickets_ > 0) {
            wait_for_inbox();
        } else if (finished) {
            break;
        } else {
            Error error = stuck_error(root);
            failures_.push_back(error);
            destroy_frames();
            return error;
        }
    }
    destroy_frames();
    if (nodes_[root].state == State::Failed) return *nodes_[root].error;
    return nodes_[root].value;
}

KeyId Graph::blocker_of(const Node& node) const {
    if (node.state == State::Verifying) {
        return node.verify_index < node.deps.size() ? node.deps[node.verify_index] : k_no_key;
    }
    for (KeyId dep : node.deps) {
        if (!answered(nodes_[dep])) return dep;
    }
    return k_no_key;
}

std::vector<KeyId> Graph::find_cycle(KeyId root) const {
    std::vector<KeyId> path;
    std::unordered_map<KeyId, std::size_t> seen;
    for (KeyId at = root; at != k_no_key; at = blocker_of(nodes_[at])) {
        auto [entry, fresh] = seen.try_emplace(at, path.size());
        if (!fresh) {
            path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(entry->second));
            return path;
        }
        path.push_back(at);
    }
    return {};
}

Error Graph::stuck_error(KeyId root) const {
    std::vector<KeyId> cycle = find_cycle(root);
    if (cycle.empty()) return bug("nothing can move, and no cycle explains it: " + name_of(root));
    Error error =
        project_error("these need each other in a cycle", "break the cycle: one of them must not need the next");
    // Keys that say nothing of themselves are steps in between: people need the others.
    std::vector<KeyId> told;
    for (KeyId id : cycle) {
        if (nodes_[id].box != nullptr && !nodes_[id].box->describe().empty()) told.push_back(id);
    }
    if (told.empty()) told = cycle;
    std::size_t first = static_cast<std::size_t>(std::min_element(told.begin(), told.end()) - told.begin());
    for (std::size_t i = 0; i <= told.size(); ++i) {
        error.because.push_back(cat(i == 0 ? "" : "needs ", name_of(told[(first + i) % told.size()])));
    }
    return error;
}

// Frames may only die here, in settle() and in ~Task: destroying one is how a rule is cancelled.
void Graph::destroy_frames() {
    for (KeyId id = 0; id < nodes_.size(); ++id) {
        Node& node = nodes_[id];
        bool busy = node.state == State::Verifying || node.state == State::Running || node.state == State::Waiting;
        node.waiters.clear();
        if (!busy || node.box == nullptr) continue;
        if (node.frame) std::exchange(node.frame, nullptr).destroy();
        node.pending = 0;
        ++node.epoch;
        node.queued = false;
        if (node.state == State::Verifying) {
            node.state = State::Done;  // still as old as it was
        } else {
            node.state = State::Idle;
            node.invalidated = true;
        }
    }
    awaited_tickets_ = 0;
    ready_.clear();
}

void Graph::begin_revision() {
    ++revision_;
    std::uint64_t keys = counts_.keys;
    counts_ = GraphCounts();
    counts_.keys = keys;
}

void Graph::invalidate_id(KeyId id) { nodes_[id].invalidated = true; }

Explanation Graph::explain_id(KeyId id) const {
    const Node& node = nodes_[id];
    Explanation why;
    why.ran = node.ran_at == revision_;
    why.reason = node.reason;
    why.cause = node.cause;
    if (!why.ran) {
        why.text = name_of(id) + " did not run: nothing it depends on changed";
        return why;
    }
    switch (node.reason) {
        case RunReason::NeverRan: why.text = name_of(id) + " ran: it never ran before"; break;
        case RunReason::Invalidated: why.text = name_of(id) + " ran: it changed itself"; break;
        case RunReason::FailedBefore: why.text = name_of(id) + " ran: it failed before"; break;
        case RunReason::DependencyChanged:
            why.text = cat(name_of(id), " ran: ", name_of(node.cause), " changed");
            break;
    }
    return why;
}

// Told while the lock is held: with the last answer the graph may end, and be gone before a later word.
void Graph::answer_ticket(KeyId ticket, Value value, std::unique_ptr<Error> error) {
    std::lock_guard<std::mutex> hold(inbox_mutex_);
    inbox_.push_back({ticket, std::move(value), std::move(error), nullptr});
    inbox_ready_.notify_one();
}

void Graph::post(std::unique_ptr<Posted> work) {
    std::lock_guard<std::mutex> hold(inbox_mutex_);
    inbox_.push_back({k_no_key, Value(), nullptr, std::move(work)});
    inbox_ready_.notify_one();
}

void Graph::request_cancel() {
    std::lock_guard<std::mutex> hold(inbox_mutex_);
    cancel_ = true;
    inbox_ready_.notify_one();
}

bool Graph::cancel_requested() const {
    std::lock_guard<std::mutex> hold(inbox_mutex_);
    return cancel_;
}

bool Graph::drain_inbox() {
    std::vector<Message> messages;
    {
        std::lock_guard<std::mutex> hold(inbox_mutex_);
        messages.swap(inbox_);
    }
    for (Message& message : messages) {
        if (message.work != nullptr) {
            message.work->run(*this);
        } else if (nodes_[message.ticket].state == State::Running) {  // a second answer changes nothing
            if (message.error != nullptr) {
                fail(message.ticket, std::move(message.error));
            } else {
                succeed(message.ticket, std::move(message.value));
            }
        }
    }
    return !messages.empty();
}

void Graph::wait_for_inbox() {
    std::unique_lock<std::mutex> hold(inbox_mutex_);
    inbox_ready_.wait(hold, [this] { return !inbox_.empty() || cancel_; });
}

}  // namespace cermet::engine
