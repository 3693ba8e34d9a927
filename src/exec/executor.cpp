// The executor: its threads, what rules ask it, and the way of a job from look-up to answer.
// SPDX-License-Identifier: MIT
#include "exec/executor.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor_state.h"
#include "exec/sandbox.h"
#include "platform/os.h"

namespace cermet::exec {

namespace executor_detail {

constexpr int k_look_up_threads_per_job = 1;
constexpr std::uint64_t k_inline_hash_limit = 1u << 20;  // larger files are hashed on the pool

class LookUpWork : public Work {
   public:
    LookUpWork(Executor::State& state, std::unique_ptr<Job> job) : state_(state), job_(std::move(job)) {}
    void run(int) override { state_.look_up(std::move(job_)); }

   private:
    Executor::State& state_;
    std::unique_ptr<Job> job_;
};

class ExecuteWork : public Work {
   public:
    ExecuteWork(Executor::State& state, std::unique_ptr<Job> job) : state_(state), job_(std::move(job)) {}
    void run(int slot) override { state_.execute(std::move(job_), slot); }

   private:
    Executor::State& state_;
    std::unique_ptr<Job> job_;
};

class HashWork : public Work {
   public:
    HashWork(Executor& executor, std::shared_ptr<const std::string> path, engine::Sender<Digest> answer)
        : executor_(executor), path_(std::move(path)), answer_(answer) {}
    HashWork(const HashWork&) = delete;
    HashWork& operator=(const HashWork&) = delete;
    ~HashWork() override {
        if (!done_) answer_.send(Error(ErrorKind::Cancelled, "interrupted"));
    }
    void run(int) override {
        done_ = true;
        answer_.send(executor_.leaf_digest(*path_));
    }

   private:
    Executor& executor_;
    std::shared_ptr<const std::string> path_;
    engine::Sender<Digest> answer_;
    bool done_ = false;
};

}  // namespace executor_detail

// --- recorded reads ---

std::optional<std::string> RecordedFiles::read(const std::string& path) {
    const std::string name = state_.places.canonical(path);
    std::optional<std::string> bytes = platform::find_file_bytes(state_.host(name));
    if (bytes) {
        state_.record(Leaf{Leaf::Type::File, name, digest_of(*bytes).text()});
    } else if (World::kind_of(state_.host(name)) == SourceKind::Absent) {
        state_.record(Leaf{Leaf::Type::Absent, name, std::string(k_absent)});
    } else {
        state_.record(Leaf{Leaf::Type::Fact, "kind:" + name, World::kind_text(state_.world.kind(name))});
    }
    return bytes;
}

SourceKind RecordedFiles::kind(const std::string& path) {
    const std::string name = state_.places.canonical(path);
    const SourceKind kind = state_.world.kind(name);
    if (kind == SourceKind::Absent) {
        state_.record(Leaf{Leaf::Type::Absent, name, std::string(k_absent)});
    } else {
        state_.record(Leaf{Leaf::Type::Fact, "kind:" + name, World::kind_text(kind)});
    }
    return kind;
}

std::vector<SourceEntry> RecordedFiles::list(const std::string& directory) {
    const std::string name = state_.places.canonical(directory);
    std::vector<SourceEntry> entries = state_.world.list(name);
    const bool there = !entries.empty() || state_.world.kind(name) == SourceKind::Directory;
    state_.record(Leaf{Leaf::Type::Listing, name, there ? World::listing_value(entries) : std::string(k_absent)});
    return entries;
}

std::optional<Digest> RecordedFiles::digest(const std::string& path) {
    const std::string name = state_.places.canonical(path);
    std::optional<Digest> digest = state_.world.digest(name);
    if (digest) {
        state_.record(Leaf{Leaf::Type::File, name, digest->text()});
    } else {
        state_.record(Leaf{Leaf::Type::Absent, name, std::string(k_absent)});
    }
    return digest;
}

// --- jobs ---

Job::~Job() {
    if (!answered) fail(Error(ErrorKind::Cancelled, "interrupted"));
}

void Job::succeed(const Outcome& outcome) {
    answered = true;
    if (talk) {
        talk->end(outcome);
        return;
    }
    if (early && !early_sent) {
        early_sent = true;
        const OutputFile* file = outcome.find(action->early_output);
        if (file != nullptr) {
            EarlyOutcome value;
            value.directory = outcome.directory;
            value.file = *file;
            early->send(value);
        } else {
            early->send(bug(cat(action->description, " has no output ", action->early_output)));
        }
    }
    answer.send(outcome);
}

void Job::fail(Error error) {
    answered = true;
    if (talk) {
        talk->end(std::move(error));
        return;
    }
    if (early && !early_sent) {
        early_sent = true;
        early->send(error);
    }
    answer.send(std::move(error));
}

Executor::State::State(store::Store& s, Places& p, ExecutorOptions o, engine::EventSink* e)
    : store(s),
      places(p),
      options(std::move(o)),
      events(e),
      environment{options.user, {}},
      world(store, places, options.user),
      files(*this),
      mirror(places, options.root, options.checkout),
      processes(options.sandbox == Sandbox::Yes ? Isolation::probe() : Isolation()),
      workers(processes),
      peaks(store.directory() + "/peaks"),
      admission(options.memory),
      lookups(std::max(2, options.jobs * executor_detail::k_look_up_threads_per_job)),
      slots(options.jobs, &admission) {
    chance = static_cast<std::uint32_t>(monotonic_us());
}

// Outputs of steps are no leaves of a request, nor are immutable packages: what made them is.
void Executor::State::record(const Leaf& leaf) {
    if (leaf.type == Leaf::Type::Asked || leaf.type == Leaf::Type::Answer) return;
    const bool path = leaf.type != Leaf::Type::Env && leaf.type != Leaf::Type::Place && leaf.type != Leaf::Type::Fact;
    if (path && (World::changes_while_building(leaf.name) || is_within(leaf.name, k_pkg))) return;
    if (path && mirror.is_output(leaf.name)) return;
    if (leaf.type == Leaf::Type::Fact && contains(leaf.name, ":/cermet/") &&
        (contains(leaf.name, ":/cermet/out/") || contains(leaf.name, ":/cermet/shared/") ||
         contains(leaf.name, ":/cermet/pkg/") || contains(leaf.name, ":/cermet/tmp/"))) {
        return;
    }
    book.add(leaf);
}

void Executor::State::record(const std::vector<Leaf>& leaves) {
    for (const Leaf& leaf : leaves) record(leaf);
}

void Executor::State::notice(const std::string& text, bool warning) {
    {
        std::lock_guard lock(mutex);
        if (!notices.insert(text).second) return;
    }
    engine::emit(events, engine::Notice{text, warning, false});
}

std::string Executor::State::memory_path(const std::string& label) const { return cat(options.root, "/why/", label); }

std::optional<StepMemory> Executor::State::memory_of(const std::string& label) const {
    std::optional<std::string> bytes = platform::find_file_bytes(memory_path(label));
    if (!bytes) return std::nullopt;
    return decode_memory(*bytes);
}

std::string Executor::State::for_people(std::string_view text) const {
    std::string real = places.render_outside(text);
    const std::string shown_checkout = places.host_outside(k_ws);
    if (shown_checkout != options.checkout) real = replace_all(real, shown_checkout, options.checkout);
    real = replace_all(real, options.root + "/mirror", options.checkout);  // mounted mirrors
    if (!options.user_directory.empty() && options.user_directory != "/") {
        real = replace_all(real, options.user_directory + "/", "");
    }
    return real;
}

namespace executor_detail {

// What people see of diagnostics: lines that answer the rule's question are kept with the step, and no news.
std::string without_answers(std::string text, const std::vector<std::string>& marks) {
    auto is_answer = [&marks](const std::string& line) {
        return std::any_of(marks.begin(), marks.end(), [&](const std::string& mark) { return contains(line, mark); });
    };
    if (!is_answer(text)) return text;
    std::string kept;
    for (const std::string& line : split_lines(text)) {
        if (!is_answer(line)) kept += line + "\n";
    }
    return trim(kept).empty() ? std::string() : kept;
}

}  // namespace executor_detail

void Executor::State::finished(const Job& job, engine::Outcome outcome, int slot, std::int64_t start_us,
                               std::string diagnostics) {
    {
        std::lock_guard lock(mutex);
        if (outcome == engine::Outcome::Hit) ++counts.hits;
        if (outcome == engine::Outcome::CutOff) ++counts.cut_off;
        if (outcome == engine::Outcome::Failed) ++counts.failed;
    }
    if (events == nullptr) return;
    engine::StepFinished event;
    event.argv = job.action->argv;
    event.label = job.action->label;
    event.description = job.action->description;
    event.outcome = outcome;
    event.slot = slot;
    event.time_us = monotonic_us();
    event.duration_us = event.time_us - start_us;
    event.diagnostics = executor_detail::without_answers(std::move(diagnostics), job.action->answers);
    event.why = for_people(job.why);
    const bool ran = outcome == engine::Outcome::Ran || outcome == engine::Outcome::CutOff;
    const bool process = !job.action->argv.empty() && job.action->argv[0].find(':') == std::string::npos;
    if (options.commands == Commands::Shown && ran && process)
        event.command = command_apart(*this, *job.action, job.env);
    engine::emit(events, event);
}

namespace executor_detail {

// Which of the waiting steps starts: first those that only answer a question, as the shape of the
// graph waits for them; then the more urgent; then the one with more to read, as large steps that
// start last leave the other slots without work.
Turn turn_of(const Action& action) {
    constexpr int k_question = 100;
    Turn turn;
    turn.urgency = action.outputs.empty() ? k_question : action.urgency;
    for (const Input& input : action.inputs) {
        if (input.kind == InputKind::File) turn.weight += input.digest.size;
    }
    return turn;
}

}  // namespace executor_detail

bool Executor::State::draw() {
    if (options.check <= 0) return false;
    std::lock_guard lock(mutex);
    chance = chance * 1664525U + 1013904223U;  // as good as any for drawing lots
    return static_cast<int>((chance >> 8) % 100) < options.check;
}

// Two different steps in one directory would destroy each other's outputs.
bool Executor::State::claim_label(Job& job) {
    std::lock_guard lock(mutex);
    auto [entry, added] = labels.emplace(job.action->directory(), job.intent);
    if (added || entry->second == job.intent) return true;
    job.fail(bug(cat("two different steps have the label ", job.action->label, ": ", job.action->description)));
    return false;
}

void Executor::State::look_up(std::unique_ptr<Job> job) {
    if (cancelled) return;  // the job's end answers
    const std::int64_t start = monotonic_us();
    auto complete = std::make_shared<Action>(*job->action);
    complete->strict = options.strict == Strict::Yes && !complete->script.empty();
    complete->pass_env.insert(complete->pass_env.end(), options.pass_env.begin(), options.pass_env.end());
    complete->env = complete_environment(*complete, environment);
    job->env = complete->env;
    job->intent = encode(*complete).action_digest;
    job->action = std::move(complete);
    const Action& action = *job->action;
    if (!claim_label(*job)) return;
    for (const std::string& name : action.pass_env) {
        record(Leaf{Leaf::Type::Env, name, world.current(Leaf{Leaf::Type::Env, name, {}})});
    }
    if (observes(action)) {
        job->why = "it is observed";
        enqueue(std::move(job));
        return;
    }
    job->checked = draw();
    std::optional<Remembered> remembered = find_remembered(*this, *job);
    if (remembered && !job->checked) {
        const bool in_place = outputs_in_place(*this, action, *remembered);
        Status placed = place_outputs(*this, action, *remembered);
        Result<std::string> said = placed.ok() ? store.get(remembered->outcome.stderr_digest) : placed.error();
        if (said.ok() && store.has(remembered->outcome.stdout_digest)) {
            record(remembered->outcome.leaves);
            if (!in_place || !platform::exists(memory_path(action.label))) {
                write_memory(*this, *job, remembered->outcome);
            }
            finished(*job, engine::Outcome::Hit, -1, start, for_people(*said));
            job->succeed(remembered->outcome);
            return;
        }
        if (cancelled) return;
        job->lost = true;
        notice(
            cat("remembered results were lost or damaged in the cache; the steps that made them "
                "run again"));
    }
    job->why = job->lost    ? "its remembered result was lost"
               : remembered ? "its remembered result is checked"
                            : why_it_runs(*this, *job);
    enqueue(std::move(job));
}

void Executor::State::enqueue(std::unique_ptr<Job> job) {
    Turn turn = executor_detail::turn_of(*job->action);
    if (job->alone) {
        turn.need = ~std::uint64_t{0};
    } else if (job->work == nullptr) {
        turn.need = peaks.of(job->action->label);
    }
    job->need = turn.need;
    slots.add(std::make_unique<executor_detail::ExecuteWork>(*this, std::move(job)), turn);
}

// --- the service ---

Executor::Executor(store::Store& store, Places& places, ExecutorOptions options, engine::EventSink* events)
    : state_(nullptr) {
    ::umask(022);  // outputs are the same for every user
    state_ = std::make_unique<State>(store, places, std::move(options), events);
    if (places.mode == RootMode::Plain) {
        (void)platform::make_directories(store.plain_shared_directory());
        places.add(std::string(k_shared), store.plain_shared_directory());
    }
    for (const auto& [canonical, real] : places.all()) store.alias(canonical, real);
    (void)platform::make_directories(state_->options.root + "/why");
}

Executor::~Executor() {
    if (state_) finish(Drain::Kill);
}

Places& Executor::places() { return state_->places; }
store::Store& Executor::store() { return state_->store; }
const ExecutorOptions& Executor::options() const { return state_->options; }
SourceFiles& Executor::files() { return state_->files; }
void Executor::record(const Leaf& leaf) { state_->record(leaf); }
void Executor::notice(const std::string& text) { state_->notice(text); }
void Executor::tell(const engine::Event& event) const { engine::emit(state_->events, event); }
void Executor::mention(const std::string& text) { engine::emit(state_->events, engine::Notice{text, false, true}); }

void Executor::warn(const std::string& text) { state_->notice(for_people(text), true); }

Status Executor::add_place(const std::string& canonical, const std::string& host_directory) {
    {
        std::lock_guard lock(state_->mutex);
        auto [entry, added] = state_->bound.emplace(canonical, host_directory);
        if (!added && entry->second == host_directory) return {};
        if (!added) return bug(cat("two directories for ", canonical, ": ", entry->second, " and ", host_directory));
    }
    if (!platform::is_directory(host_directory)) {
        return environment_error(cat("the directory ", host_directory, " is not there"));
    }
    if (state_->places.mode == RootMode::Mount) TRY_VOID(bind_place(canonical, host_directory));
    state_->places.add(canonical, host_directory);
    state_->store.alias(canonical, host_directory);
    return {};
}

Status Executor::link_tools(const std::map<std::string, std::string>& tools) {
    if (tools.empty()) return {};
    std::string text;
    for (const auto& [name, target] : tools) text += cat(name, "=", target, "\n");
    const std::string name = "path-" + digest_of(text).short_hex(8);
    const std::string directory = cat(state_->store.tools_directory(), "/", name);
    TRY_VOID(platform::make_directories(directory));
    for (const auto& [link, target] : tools) {
        const std::string path = cat(directory, "/", link);
        if (platform::stat_file(path, platform::FollowLinks::No).kind == platform::FileKind::Absent) {
            Status made = platform::make_symlink(target, path);
            if (!made.ok() && !platform::exists(path)) return made;  // another process may have been first
        }
    }
    state_->store.touch_directory(directory);
    state_->environment.tool_links = cat(k_tool, "/", name);
    return {};
}

Result<std::string> Executor::own_program_as(const std::string& name, int revision) {
    const std::string own = platform::own_executable();
    const std::string directory = cat("cermet-", name, "-", revision);
    const std::string host = cat(state_->store.tools_directory(), "/", directory);
    const std::string link = cat(host, "/", name);
    TRY_VOID(platform::make_directories(host));
    Result<std::string> now = platform::read_link(link);
    if (!now.ok() || *now != own) {
        // In one step: steps of another build may be starting it.
        const std::string fresh = cat(link, ".", file_name(options().root));
        TRY_VOID(platform::remove_file(fresh));
        TRY_VOID(platform::make_symlink(own, fresh));
        TRY_VOID(platform::rename_path(fresh, link));
    }
    state_->store.touch_directory(host);
    return cat(k_tool, "/", directory, "/", name);
}

std::vector<std::string> Executor::user_variables(const std::vector<std::string>& patterns) {
    const std::string asked = join(patterns, " ");
    std::vector<std::string> names = World::variables(asked, state_->options.user);
    record(Leaf{Leaf::Type::Fact, "variables:" + asked, join(names, " ")});
    return names;
}

std::optional<std::string> Executor::user_variable(const std::string& name) {
    const Leaf asked{Leaf::Type::Env, name, {}};
    record(Leaf{Leaf::Type::Env, name, state_->world.current(asked)});
    auto found = state_->options.user.find(name);
    if (found == state_->options.user.end()) return std::nullopt;
    return found->second;
}

void Executor::forget_listings(const std::string& host_directory) { state_->world.forget_below(host_directory); }

Status Executor::declare_in_tree(const std::vector<std::string>& outputs, const std::vector<std::string>& files) {
    if (state_->mirrored_ns == 0) state_->mirrored_ns = file_clock_ns();
    TRY_VOID(state_->mirror.declare(outputs, files));
    for (const auto& [canonical, real] : state_->places.all()) state_->store.alias(canonical, real);
    return {};
}

void Executor::cancel() {
    state_->cancelled = true;
    state_->processes.cancel();
}

namespace executor_detail {

// A step's processes inherit its scratch directory, so that tells whose it was.
std::string told(Executor::State& state, const LeftBehind& process) {
    std::string step = "a step";
    for (const std::shared_ptr<const Action>& action : state.seen) {
        if (state.places.render(cat(k_tmp, "/", action->label)) == process.scratch) step = action->description;
    }
    constexpr std::size_t k_shown = 200;
    const bool all = process.command.size() <= k_shown;
    return cat(step, " left a process behind, which was ended with the build: ",
               state.for_people(process.command.substr(0, k_shown)), all ? "" : "…");
}

}  // namespace executor_detail

void Executor::finish(Drain drain) {
    if (drain == Drain::Kill) cancel();
    state_->lookups.drop_queued();
    state_->lookups.wait_until_idle();
    state_->slots.drop_queued();
    state_->slots.wait_until_idle();
    state_->workers.stop();
    std::vector<LeftBehind> left = state_->processes.end_orphans();
    if (drain == Drain::Finish) {
        for (const LeftBehind& process : left) state_->notice(executor_detail::told(*state_, process), true);
    }
}

void Executor::begin_build() {
    state_->world.forget();
    state_->book.clear();
    {
        std::lock_guard lock(state_->mutex);
        state_->labels.clear();
        state_->seen.clear();
    }
    state_->processes.resume();
    state_->cancelled = false;
}

ExecutorCounts Executor::counts() const {
    std::lock_guard lock(state_->mutex);
    return state_->counts;
}

std::string Executor::for_people(std::string_view canonical_text) const { return state_->for_people(canonical_text); }

std::string Executor::last_explanation(const std::string& label) {
    std::optional<StepMemory> memory = state_->memory_of(label);
    return memory ? for_people(memory->why) : std::string();
}

std::optional<Outcome> Executor::last_outcome(const std::string& label) {
    {
        std::lock_guard lock(state_->mutex);
        auto observed = state_->observed.find(label);
        if (observed != state_->observed.end()) return observed->second;
    }
    Action action;
    action.label = label;
    const std::optional<std::string> bytes = platform::find_file_bytes(state_->mark_path(action));
    const std::optional<OkMark> mark = bytes ? decode_mark(*bytes) : std::nullopt;
    const std::optional<std::string> entry = mark ? state_->store.find_entry("result", mark->action) : std::nullopt;
    return entry ? decode_outcome(*entry) : std::nullopt;
}

std::vector<Leaf> Executor::recorded_leaves() const { return state_->book.all(); }

std::vector<std::shared_ptr<const Action>> Executor::seen_actions() const {
    std::lock_guard lock(state_->mutex);
    return state_->seen;
}

void Executor::submit(std::shared_ptr<const Action> action, std::shared_ptr<const InsideWork> work,
                      engine::Sender<Outcome> answer, std::optional<engine::Sender<EarlyOutcome>> early) {
    auto job = std::make_unique<Job>();
    job->action = std::move(action);
    job->work = std::move(work);
    job->answer = answer;
    job->early = early;
    state_->begin(std::move(job));
}

Listening Executor::converse(std::shared_ptr<const Action> action, engine::Sender<Said> first) {
    auto talk = std::make_shared<Conversation>(first);
    auto job = std::make_unique<Job>();
    job->action = std::move(action);
    job->talk = talk;
    state_->begin(std::move(job));
    return Listening(std::move(talk));
}

void Executor::State::begin(std::unique_ptr<Job> job) {
    job->queued_us = monotonic_us();
    {
        std::lock_guard lock(mutex);
        seen.push_back(job->action);
    }
    if (events != nullptr) engine::emit(events, engine::StepQueued{job->action->label, job->action->description});
    lookups.add(std::make_unique<executor_detail::LookUpWork>(*this, std::move(job)));
}

// While the rule works on the answer, its thread's place and token are others'.
Result<std::string> Executor::State::ask(Job& job, const std::string& question) {
    if (std::optional<Result<std::string>> known = job.talk->known(question)) return *known;
    const bool token = job.running && options.tokens != nullptr;
    if (token) options.tokens->release();
    Result<std::string> answer = [&] {
        Pool::Pause aside(job.running ? slots : lookups, job.running ? job.need : 0);
        return job.talk->ask(question);
    }();
    if (token && !options.tokens->acquire(processes.cancel_descriptor()))
        return Error(ErrorKind::Cancelled, "interrupted");
    return answer;
}

Result<Digest> Executor::leaf_digest(const std::string& canonical) {
    std::optional<Digest> digest = state_->world.digest(canonical);
    if (digest) {
        record(Leaf{Leaf::Type::File, canonical, digest->text()});
        return *digest;
    }
    record(Leaf{Leaf::Type::Absent, canonical, std::string(k_absent)});
    const std::string shown = for_people(canonical);
    if (state_->world.kind(canonical) == SourceKind::Directory) {
        return project_error(cat(shown, " is a directory, a file is needed"));
    }
    if (platform::exists(state_->host(canonical))) return project_error(cat(shown, " cannot be read"));
    return project_error(cat(shown, " does not exist"));
}

void Executor::on_pool(std::shared_ptr<const std::string> path, engine::Sender<Digest> answer) {
    const platform::FileInfo info = platform::stat_file(state_->host(*path));
    if (info.size < executor_detail::k_inline_hash_limit) {
        answer.send(leaf_digest(*path));
        return;
    }
    state_->lookups.add(std::make_unique<executor_detail::HashWork>(*this, std::move(path), answer));
}

Result<std::vector<std::pair<std::string, std::string>>> lay_places(const store::Store& store, const std::string& root,
                                                                    const std::string& checkout) {
    std::vector<std::pair<std::string, std::string>> binds = {
        {std::string(k_ws), checkout},
        {std::string(k_pkg), store.packages_directory()},
        {std::string(k_shared), store.shared_directory()},
        {std::string(k_tool), store.tools_directory()},
        {std::string(k_out), root + "/out"},
        {std::string(k_tmp), root + "/tmp"},
        {std::string(k_home), root + "/home"},
    };
    for (const auto& [canonical, real] : binds) {
        if (canonical != k_ws) TRY_VOID(platform::make_directories(real));
    }
    TRY_VOID(platform::make_directories(root + "/why"));
    TRY_VOID(platform::make_directories(root + "/request"));
    (void)platform::set_mode(root + "/home", 0555);
    return binds;
}

}  // namespace cermet::exec
