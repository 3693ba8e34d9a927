// What the parts of the executor share: pools, world, leaves, counters. Private to this room.
// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exec/conversation.h"
#include "exec/environment.h"
#include "exec/executor.h"
#include "exec/mirror.h"
#include "exec/peaks.h"
#include "exec/pool.h"
#include "exec/process.h"
#include "exec/records.h"
#include "exec/worker.h"
#include "exec/world.h"
#include "store/locks.h"

namespace cermet::exec {

// The leaves of the running request, each once.
class LeafBook {
   public:
    void add(Leaf leaf) {
        std::lock_guard lock(mutex_);
        leaves_.insert(std::move(leaf));
    }
    void add(const std::vector<Leaf>& leaves) {
        std::lock_guard lock(mutex_);
        leaves_.insert(leaves.begin(), leaves.end());
    }
    std::vector<Leaf> all() const {
        std::lock_guard lock(mutex_);
        return {leaves_.begin(), leaves_.end()};
    }
    void clear() {
        std::lock_guard lock(mutex_);
        leaves_.clear();
    }

   private:
    mutable std::mutex mutex_;
    std::set<Leaf> leaves_;
};

// Reads for pure code: through places, every answer a leaf.
class RecordedFiles : public SourceFiles {
   public:
    explicit RecordedFiles(Executor::State& state) : state_(state) {}
    std::optional<std::string> read(const std::string& path) override;
    SourceKind kind(const std::string& path) override;
    std::vector<SourceEntry> list(const std::string& directory) override;
    std::optional<Digest> digest(const std::string& path) override;

   private:
    Executor::State& state_;
};

// One step on its way: from the look-up to its answer. Answers exactly once, also when dropped
// unrun.
struct Job {
    std::shared_ptr<const Action> action;
    std::shared_ptr<const InsideWork> work;  // null: a process
    engine::Sender<Outcome> answer;
    std::optional<engine::Sender<EarlyOutcome>> early;
    bool answered = false;
    bool early_sent = false;
    std::map<std::string, std::string> env;  // complete
    Digest intent;
    std::string why;                     // the explanation, once known to be a miss
    bool lost = false;                   // a remembered result was there, its bytes were not
    bool starved = false;                // its process ended as one does that got no memory
    bool alone = false;                  // a second try after that, with nothing beside it
    std::shared_ptr<Conversation> talk;  // null: it asks nothing
    std::uint64_t need = 0;              // what it holds of the slots' admission
    bool running = false;                // in a slot, not in the look-up
    bool checked = false;                // it runs once more than it needs: nothing of it is handed on before
    std::int64_t queued_us = 0;
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    ~Job();
    void succeed(const Outcome& outcome);
    void fail(Error error);
};

struct Executor::State {
    State(store::Store& s, Places& p, ExecutorOptions o, engine::EventSink* e);

    store::Store& store;
    Places& places;
    ExecutorOptions options;
    engine::EventSink* events;
    EnvironmentBase environment;
    World world;
    LeafBook book;
    RecordedFiles files;
    Mirror mirror;
    Processes processes;
    WorkerHub workers;
    Peaks peaks;
    MemoryAdmission admission;
    std::atomic<bool> cancelled{false};

    mutable std::mutex mutex;  // guards what follows
    ExecutorCounts counts;
    std::uint32_t chance = 0;  // the last number drawn
    std::set<std::string> notices;
    std::map<std::string, std::string> bound;                       // add_place(): canonical -> real
    std::map<std::string, std::unique_ptr<std::mutex>> tree_locks;  // by declared output in the tree
    std::vector<std::shared_ptr<const Action>> seen;                // every submitted action
    std::map<std::string, Digest> labels;  // directory -> the intent that owns it in this build
    std::int64_t mirrored_ns = 0;          // when the mirror was made first, by file_clock_ns()
    std::vector<Observation> observations;
    std::map<std::string, Outcome> observed;  // by label
    std::string observer;  // canonical path of the library; "": nothing is observed. Set while no step runs

    // Last: their threads use everything above, and end first.
    Pool lookups;
    Pool slots;

    std::string host(std::string_view canonical) const { return places.host_outside(canonical); }
    void record(const Leaf& leaf);
    void record(const std::vector<Leaf>& leaves);
    void notice(const std::string& text, bool warning = false);
    bool claim_label(Job& job);
    // Held while a step writes declared outputs of the tree: variants of one script write the same ones.
    std::unique_lock<std::mutex> hold_tree_outputs(const Action& action);
    void look_up(std::unique_ptr<Job> job);
    void enqueue(std::unique_ptr<Job> job);  // for a slot, at its turn
    void execute(std::unique_ptr<Job> job, int slot);
    void begin(std::unique_ptr<Job> job);
    Result<std::string> ask(Job& job, const std::string& question);
    bool observes(const Action& action) const { return !observer.empty() && !action.script.empty(); }
    void keep_observation(const Job& job, ProcessEnd& end);
    bool draw();  // whether the next step is one to check
    void finished(const Job& job, engine::Outcome outcome, int slot, std::int64_t start_us, std::string diagnostics);
    std::string for_people(std::string_view text) const;
    std::string memory_path(const std::string& label) const;
    std::optional<StepMemory> memory_of(const std::string& label) const;
    std::string mark_path(const Action& action) const { return host(action.directory()) + ".ok"; }
};

// --- parts of a step's life, each in its own file ---

// lookup.cpp: the remembered outcome whose leaves hold, with its outputs in place; nullopt: it must
// run.
struct Remembered {
    Outcome outcome;
    Digest digest;
};
std::optional<Remembered> find_remembered(Executor::State& state, Job& job);
const Input* offered(const Action& action, const std::string& path);  // null: no such input is offered
// Makes the directory hold exactly these outputs. An error means that bytes are lost or the disk
// refuses.
Status place_outputs(Executor::State& state, const Action& action, const Remembered& remembered);
bool outputs_in_place(Executor::State& state, const Action& action, const Remembered& remembered);
Status write_mark(Executor::State& state, const Action& action, const Digest& digest, const Outcome& outcome);
std::string why_it_runs(Executor::State& state, const Job& job);
// What the step is now, for later explanations.
void write_memory(Executor::State& state, const Job& job, const Outcome& outcome);

// collect.cpp: after a process ended well.
Result<Outcome> collect_outputs(Executor::State& state, const Action& action);
// What an ended process left behind that says what it read.
struct Evidence {
    const std::string& printed;               // its stdout
    const std::vector<std::string>& headers;  // exec/compiled_headers.h
    const WorkerReply* reply = nullptr;       // of a worker
};
Result<std::vector<Leaf>> discover(Executor::State& state, const Action& action, const Evidence& evidence);
// Places whose real path occurs in the bytes of these outputs.
std::vector<Leaf> observed_places(Executor::State& state, const Action& action, const Outcome& outcome);
// The first input that was changed after `start_ns`; "" when none was.
std::string changed_input(Executor::State& state, const Action& action, const std::vector<Leaf>& leaves,
                          std::int64_t start_ns);
std::int64_t file_clock_ns();  // the clock of file stamps

// observation.cpp: what a watched script's processes load, and where they write what they see.
void load_observer(const Executor::State& state, const Action& action, ProcessSpec& spec);

// failure.cpp: the error of a step that did not end well.
// What rustc wrote of its own failure, put where it stays; what it printed names it there.
void keep_reports(Executor::State& state, const Action& action, ProcessEnd& end);
// Whether a process that writes elsewhere than it may is refused; and what it wanted to write there, and why not.
bool writes_are_limited(const Executor::State& state);
std::string paths_outside(const Executor::State& state, const Action& action, const ProcessEnd& end);
Error step_failure(Executor::State& state, const Action& action, const std::map<std::string, std::string>& env,
                   const ProcessEnd& end);
bool looks_starved(const ProcessEnd& end);  // of memory: killed, or said so itself
std::string command_by_hand(Executor::State& state, const Action& action,
                            const std::map<std::string, std::string>& env);
// For a step that succeeded: the same with a new directory in place of the step's own, whose files
// are the cache's.
std::string command_apart(Executor::State& state, const Action& action, const std::map<std::string, std::string>& env);

// Paths that end in the directory of the action, or are its declared outputs in the tree.
bool in_tree(std::string_view output_path);
std::string output_host(Executor::State& state, const Action& action, const std::string& output_path);

}  // namespace cermet::exec
