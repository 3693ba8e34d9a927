// Executor: the service through which rules run actions and read the world.
// SPDX-License-Identifier: MIT
//
// One per command. It owns the threads on which processes run and the pool on which look-ups are
// made; rules reach it through the keys of exec/run.h and exec/queries.h, and ask it directly only
// for what is no edge of the graph. It does not know what an action is for. The store and the
// places outlive it; it outlives the graph's last run(). Order at the end: graph.run() returns,
// finish() (running steps end or are killed), then the graph may go. Threads: files() is for the
// engine's thread; everything else may be called from any.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/source_files.h"
#include "engine/build.h"
#include "engine/events.h"
#include "exec/action.h"
#include "exec/conversation.h"
#include "exec/observation.h"
#include "exec/places.h"
#include "exec/run.h"
#include "store/store.h"

namespace cermet::exec {

// A jobserver: gives the right to run one process more than the implicit one.
class TokenSource {
   public:
    virtual ~TokenSource() = default;
    // Waits until a token is there; false when `cancel_descriptor` became readable meanwhile.
    virtual bool acquire(int cancel_descriptor) = 0;
    virtual void release() = 0;
    // What children need to take part: variables (MAKEFLAGS, …) and descriptors they inherit. Not
    // part of any key.
    virtual std::map<std::string, std::string> environment() const = 0;
    virtual std::vector<int> descriptors() const { return {}; }
};

// Answers leaves of type Fact that this room does not know ("dist:numpy"); nullopt: "absent".
class FactSource {
   public:
    virtual ~FactSource() = default;
    virtual std::optional<std::string> fact(const std::string& name) = 0;
};

enum class Workers { No, Yes };
enum class Sandbox { No, Yes };
enum class Strict { No, Yes };
enum class Drain { Finish, Kill };
enum class Commands { Hidden, Shown };

struct ExecutorOptions {
    int jobs = 1;
    std::uint64_t memory = 0;    // bytes that steps may use together; 0: what the machine and its cgroups allow
    std::string root;            // real: this checkout's own directory (Store::root_directory)
    std::string checkout;        // real: what /cermet/ws is
    std::string user_directory;  // real: messages name paths relative to it
    Workers workers = Workers::Yes;
    Sandbox sandbox = Sandbox::Yes;           // network, Landlock; the mount namespace is entered elsewhere
    Strict strict = Strict::No;               // scripts can read only what is declared for them (exec/reads.h)
    std::map<std::string, std::string> user;  // the user's environment (user_environment())
    std::vector<std::string> pass_env;        // names that every step may see of it
    TokenSource* tokens = nullptr;
    int check = 0;  // per cent of the steps, drawn by chance, that run once more than they need and are compared
    Commands commands = Commands::Hidden;  // events of steps that ran tell how to run them by hand
};

struct ExecutorCounts {
    std::uint64_t hits = 0;     // answered without a process
    std::uint64_t started = 0;  // processes, worker requests and inside works
    std::uint64_t cut_off = 0;  // ran, and gave the same bytes as before
    std::uint64_t failed = 0;
    std::uint64_t repaired = 0;  // ran because remembered bytes were lost
    std::uint64_t checked = 0;   // ran once more to be compared
    std::uint64_t unstable = 0;  // of these, gave other bytes; the first ones stay
    std::int64_t cpu_us = 0;     // of the processes
};

// What a saved request says about the present.
struct RequestCheck {
    bool known = false;      // such a request was saved
    bool holds = false;      // every leaf is as it was
    std::string answer;      // what was saved with it
    std::string difference;  // the first leaf that differs, for people
    std::uint64_t leaves = 0;
};

class Executor {
   public:
    Executor(store::Store& store, Places& places, ExecutorOptions options, engine::EventSink* events);
    ~Executor();  // finish(Drain::Kill)
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    Places& places();
    store::Store& store();
    const ExecutorOptions& options() const;
    SourceFiles& files();           // recorded reads (leaves of the request), through places
    void record(const Leaf& leaf);  // any other leaf of the request
    // Makes a canonical place stand for a real directory (mount mode: binds it; plain: maps it).
    // Idempotent.
    Status add_place(const std::string& canonical, const std::string& host_directory);
    // Programs that steps find by name before the system's: name -> real path. Before the first
    // step.
    Status link_tools(const std::map<std::string, std::string>& tools);
    // Names in the user's environment that fit a pattern, NAME or HEAD*; recorded: which ones there are counts.
    std::vector<std::string> user_variables(const std::vector<std::string>& patterns);
    std::optional<std::string> user_variable(const std::string& name);  // recorded as a leaf
    // Canonical path of this program under another name. The path is part of steps' keys and the program's bytes are not:
    // `revision` counts the changes of what it answers under that name, so that a new release repeats no step.
    Result<std::string> own_program_as(const std::string& name, int revision);
    void forget_listings(const std::string& host_directory);  // after a fetch: memoised answers below it are stale
    void notice(const std::string& text);                     // one line for the user, once
    void tell(const engine::Event& event) const;              // of work that is no action: a download
    void warn(const std::string& text);                       // as notice(), as a warning
    void mention(const std::string& text);                    // as notice(), where the user wants details

    // Declares outputs inside the checkout (canonical, below /cermet/ws): from now on a mirror
    // stands over each of their directories. `files`: what plain mode shows of the checkout
    // (relative, not ignored). Before the first step; again whenever the set grows. Fails where a
    // mirror cannot be made.
    Status declare_in_tree(const std::vector<std::string>& outputs, const std::vector<std::string>& files);

    // From now on every script runs, remembered or not, and what it reads and asks for is kept; nothing of it is
    // remembered, as a watched script sees a variable more. `library`: canonical path of the observer that its processes
    // load (cli/observer.h).
    void observe(const std::string& library);
    std::vector<Observation> observations() const;  // by description

    // --- the life of a command ---
    void cancel();             // any thread: kills every process, fails every waiting job
    void finish(Drain drain);  // no job is left afterwards; kills or awaits the running ones
    void begin_build();        // forget what was memoised of the world (a new revision)
    ExecutorCounts counts() const;
    // Canonical text as the user would write it: paths relative to the user's directory, else real
    // ones.
    std::string for_people(std::string_view canonical_text) const;
    std::string last_explanation(const std::string& label);  // why the step ran the last time; "" when never
    // What the step in this checkout's directory of that label gave, whether or not it would be the same now.
    std::optional<Outcome> last_outcome(const std::string& label);

    // --- requests: the null build ---
    std::vector<Leaf> recorded_leaves() const;
    // Every action submitted in this build, run or remembered: what editors are told of.
    std::vector<std::shared_ptr<const Action>> seen_actions() const;
    Status save_request(const std::string& key, std::string_view answer);
    // Needs no other step before it; stats all leaves on all cores. `root` as in the options.
    static RequestCheck check_request(store::Store& store, const std::string& root, const std::string& key,
                                      const std::map<std::string, std::string>& user, FactSource* facts);
    // The leaves of a saved request, with real paths; the values of variables are digests. Empty: there is none.
    static std::vector<Leaf> saved_leaves(const std::string& root, const std::string& key);
    // Real paths of the files that it read.
    static std::vector<std::string> saved_files(const std::string& root, const std::string& key);

    // --- for the rules of this room ---
    void submit(std::shared_ptr<const Action> action, std::shared_ptr<const InsideWork> work,
                engine::Sender<Outcome> answer, std::optional<engine::Sender<EarlyOutcome>> early);
    // As submit() for a process that may ask: each question and the outcome in the end go to the rule, one at a time.
    Listening converse(std::shared_ptr<const Action> action, engine::Sender<Said> first);
    Result<Outcome> stage(const Stage& key);
    Result<Digest> leaf_digest(const std::string& canonical);  // recorded; Project error when absent
    void on_pool(std::shared_ptr<const std::string> path, engine::Sender<Digest> answer);

    struct State;

   private:
    std::unique_ptr<State> state_;
};

// Lays out a checkout's root (makes the directories) and gives the bindings of all fixed places:
// ws, pkg, out, shared, tool, home, tmp. The caller adds them to Places, or hands them to
// enter_mount().
Result<std::vector<std::pair<std::string, std::string>>> lay_places(const store::Store& store, const std::string& root,
                                                                    const std::string& checkout);

}  // namespace cermet::exec
