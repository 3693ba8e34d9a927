// Graph: the memo of keys and the one loop that runs their rules. Knows no files and no processes.
// SPDX-License-Identifier: MIT
//
// Life of a node: Idle -> (Verifying ->) Running <-> Waiting -> Done or Failed. Every transition goes through set_state().
// Revisions: begin_revision() starts a new one; keys named by invalidate() are computed anew; a Done node of an older
// revision is verified first: its dependencies are asked in recorded order and only a *changed* one re-runs it. A re-run
// that gives an equal value does not count as a change (early cut-off).
// Two steps: a rule may publish an early value (build.publish); build.early() waits for that only. If the rule ends
// without publishing, early waiters get its failure, or a Bug if it succeeded.
// Threads: everything runs on the thread that calls run(); other threads only use a Sender, post() and request_cancel().
// Failures: a failed dependency ends the waiting rule (its frame is destroyed), adding its describe() as a `because`
// note; build.attempt() hands the Result over instead. Cycles are found when nothing can move: the Error prints them.
// Cancellation: frames are destroyed, then run() returns an Error of kind Cancelled.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/key.h"

namespace cermet::engine {

enum class KeepGoing { No, Yes };

enum class RunReason { NeverRan, Invalidated, DependencyChanged, FailedBefore };

// Why a key's rule ran, or did not, in this revision: the decision's own record.
struct Explanation {
    bool ran = false;
    RunReason reason = RunReason::NeverRan;
    KeyId cause = k_no_key;  // the dependency that changed
    std::string text;        // "compile-c src/a.c ran: dependency file src/a.c changed"
};

struct GraphCounts {
    std::uint64_t keys = 0;
    std::uint64_t ran = 0;       // rules started in this revision
    std::uint64_t verified = 0;  // kept because no dependency changed
    std::uint64_t cut_off = 0;   // ran again and gave an equal value
};

// A key of one type as it stands after a run.
template <Key K>
struct Seen {
    KeyId id = k_no_key;
    const K* key = nullptr;
    const typename K::Value* value = nullptr;  // null: not answered
    const Error* error = nullptr;
};

class Graph {
   public:
    Graph();
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    KeepGoing keep_going = KeepGoing::No;

    // Computes one key (and all it needs) on the calling thread. With keep-going, independent keys go on after a failure.
    template <Key K>
    Result<typename K::Value> run(const K& key);

    void begin_revision();
    template <Key K>
    void invalidate(const K& key);
    template <Key K>
    Explanation explain(const K& key) const;
    const GraphCounts& counts() const { return counts_; }
    // Every failure of the last run() that was not caused by another one; with keep-going there may be several.
    const std::vector<Error>& failures() const { return failures_; }

    void request_cancel();  // any thread, also a signal watcher's
    bool cancel_requested() const;
    // Runs `work` on the loop's thread as soon as it is free; any thread.
    void post(std::unique_ptr<class Posted> work);

    // Services: what rules of upper rooms need (an executor, a store), given by the composition root. Not owned.
    template <class S>
    void provide(S* service) {
        services_[type_tag<S>()] = service;
    }
    template <class S>
    S& service() const {
        auto found = services_.find(type_tag<S>());
        if (found == services_.end()) abort_bug("a rule asks for a service nobody provides");
        return *static_cast<S*>(found->second);
    }

    // --- the whole of it, between runs: for those who draw it ---
    std::size_t size() const;  // ids go from 0
    Drawn drawn(KeyId id) const;
    const std::vector<KeyId>& deps_of(KeyId id) const;          // edges of its last run, in the order they were asked
    const std::vector<KeyId>& asked() const { return asked_; }  // what run() was called with
    template <Key K>
    std::vector<Seen<K>> all_of() const;

    // --- used by Build and its awaiters only ---
    template <Key K>
    KeyId intern(const K& key);
    KeyId new_ticket();
    void answer_ticket(KeyId ticket, Value value, std::unique_ptr<Error> error);  // any thread
    enum class Wait { Value, Attempt, Early };
    bool ask(KeyId self, KeyId wanted, Wait wait);  // records the edge; true: answered already
    void suspend(KeyId self, Frame frame);
    void expect(KeyId self, KeyId wanted, Wait wait);  // called before suspend(), once per wanted key
    const Value& value_of(KeyId id) const;
    const Value& early_of(KeyId id) const;
    const Error* error_of(KeyId id) const;
    void publish(KeyId self, Value early);
    void want(KeyId id) { demand(id); }
    std::string name_of(KeyId id) const;  // "name text"

   private:
    enum class State : std::uint8_t { Idle, Verifying, Running, Waiting, Done, Failed };
    struct Node;
    struct Waiter {
        KeyId node;
        std::uint32_t epoch;  // stale once the waiter moved on
        Wait wait;
    };
    struct TableKey {
        TypeTag type;
        std::string text;
        bool operator==(const TableKey&) const = default;
    };
    struct TableHash {
        std::size_t operator()(const TableKey& k) const;
    };

    const KeyBox* box_of(KeyId id) const;  // null: a ticket
    KeyId find_or_add(TypeTag type, std::string text, std::unique_ptr<KeyBox> (*make)(const void*), const void* key);
    Result<Value> run_to_end(KeyId root);
    void set_state(KeyId id, State state);
    void demand(KeyId id);  // makes sure it will be answered in this revision
    void step(KeyId id);    // one turn of the loop for a node
    void start_rule(KeyId id, RunReason reason, KeyId cause);
    void verify(KeyId id);
    void resume(KeyId id);
    void succeed(KeyId id, Value value);
    void fail(KeyId id, std::unique_ptr<Error> error);
    void fail_because_of(KeyId id, KeyId dependency);
    void settle(KeyId id, State state);  // Done or Failed: frees the frame, wakes the waiters
    void wake(const Waiter& waiter, KeyId answered);
    void wake_early(KeyId id);
    bool answered(const Node& node) const;
    bool drain_inbox();
    void wait_for_inbox();
    Error stuck_error(KeyId root) const;
    std::vector<KeyId> find_cycle(KeyId root) const;
    KeyId blocker_of(const Node& node) const;
    void destroy_frames();
    void invalidate_id(KeyId id);
    Explanation explain_id(KeyId id) const;
    std::optional<KeyId> find(TypeTag type, const std::string& text) const;

    std::deque<Node> nodes_;
    std::unordered_map<TableKey, KeyId, TableHash> table_;
    std::deque<KeyId> ready_;
    std::vector<Error> failures_;
    std::vector<KeyId> asked_;
    GraphCounts counts_;
    std::uint32_t revision_ = 1;
    std::uint64_t awaited_tickets_ = 0;  // while one is open, somebody outside will wake us
    std::map<TypeTag, void*> services_;

    struct Message {
        KeyId ticket;
        Value value;
        std::unique_ptr<Error> error;
        std::unique_ptr<class Posted> work;
    };
    mutable std::mutex inbox_mutex_;
    std::condition_variable inbox_ready_;
    std::vector<Message> inbox_;
    bool cancel_ = false;
};

// Work for the loop's thread.
class Posted {
   public:
    virtual ~Posted() = default;
    virtual void run(Graph& graph) = 0;
};

}  // namespace cermet::engine

#include "engine/build.h"
