// One step that must run: its directory, its process, its result.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/clock.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/compiled_headers.h"
#include "exec/executor_state.h"
#include "exec/reads.h"
#include "exec/rustc_text.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::exec {

namespace step_detail {

constexpr int k_attempts = 3;  // when inputs change under a running step
constexpr std::size_t k_most_observed = 20'000;

std::string file_of_artifact(std::string_view line) {
    if (!contains(line, "\"artifact\"")) return {};
    Result<Json> json = parse_json(line, "rustc");
    if (!json.ok() || (*json)["$message_type"].string() != "artifact" || (*json)["emit"].string() != "metadata")
        return {};
    return (*json)["artifact"].string();
}

// Hears rustc say that the metadata is written, and hands it on while code is still being made.
class EarlyListener : public LineListener {
   public:
    EarlyListener(Executor::State& state, Job& job) : state_(state), job_(job) {}
    void line(std::string_view text) override {
        const Action& action = *job_.action;
        if (!job_.early || job_.early_sent || job_.checked) return;
        const std::string file = file_of_artifact(text);
        if (file.empty() || file_name(file) != file_name(action.early_output)) return;
        Result<Digest> digest =
            state_.store.put_file(output_host(state_, action, action.early_output), store::Mode::Plain);
        if (!digest.ok()) return;  // the end of the step will tell
        EarlyOutcome early;
        early.directory = action.directory();
        early.file.path = action.early_output;
        early.file.digest = *digest;
        digest_ = *digest;
        job_.early_sent = true;
        job_.early->send(early);
    }
    const std::optional<Digest>& digest() const { return digest_; }

   private:
    Executor::State& state_;
    Job& job_;
    std::optional<Digest> digest_;
};

Json render_json(const Places& places, const Json& value) {
    if (value.is_string()) return Json(places.render(value.string()));
    if (value.is_array()) {
        Json::Array items;
        for (const Json& item : value.array()) items.push_back(render_json(places, item));
        return Json(std::move(items));
    }
    if (value.is_object()) {
        Json::Object members;
        for (const auto& [name, member] : value.object()) members.emplace(name, render_json(places, member));
        return Json(std::move(members));
    }
    return value;
}

// The step's end of its channel: one JSON object a line (docs/protocol.md). What has an `id` is a question, and waits for
// its answer; all else is kept, one line each, as the output k_statements.
class Channel : public ChannelListener {
   public:
    Channel(Executor::State& state, Job& job) : state_(state), job_(job) {}
    Result<std::optional<std::string>> line(std::string_view text) override {
        Result<Json> message = parse_json(text, "a message");
        if (!message.ok() || !message->is_object()) {
            wrong_ = cat("sent what is no JSON object over its channel: ", text.substr(0, k_shown));
            return project_error(wrong_);
        }
        Json::Object members = message->object();
        const Json id = (*message)["id"];
        members.erase("id");
        const std::string said = state_.places.canonical_text(Json(std::move(members)).dump());
        if (id.is_null()) {
            statements_ += said + "\n";
            return std::optional<std::string>();
        }
        Result<std::string> answer = state_.ask(job_, said);
        Json reply;
        reply.set("id", id);
        if (answer.ok()) {
            TRY(value, parse_json(*answer, "an answer"));
            reply.set("answer", render_json(state_.places, value));
        } else if (answer.error().kind == ErrorKind::Cancelled) {
            return std::move(answer).error();
        } else {
            reply.set("error", state_.for_people(answer.error().message));
        }
        return std::optional<std::string>(reply.dump());
    }
    const std::string& statements() const { return statements_; }
    const std::string& wrong() const { return wrong_; }  // why the process was ended

   private:
    static constexpr std::size_t k_shown = 80;
    Executor::State& state_;
    Job& job_;
    std::string statements_;
    std::string wrong_;
};

Status prepare_directory(Executor::State& state, const Action& action) {
    TRY_VOID(platform::remove_file(state.mark_path(action)));
    const std::string directory = state.host(action.directory());
    TRY_VOID(platform::remove_tree(directory));
    TRY_VOID(platform::make_directories(directory));
    for (const Output& output : action.outputs) {
        const std::string path = output_host(state, action, output.path);
        if (in_tree(output.path)) {
            TRY_VOID(platform::remove_file(path));
            state.world.forget_file(output.path);
        }
        TRY_VOID(platform::make_directories(output.kind == OutputKind::Directory ? path : std::string(parent(path))));
    }
    if (!action.discovery_file.empty()) {
        TRY_VOID(platform::make_directories(std::string(parent(output_host(state, action, action.discovery_file)))));
    }
    const std::string scratch = state.host(cat(k_tmp, "/", action.label));
    TRY_VOID(platform::remove_tree(scratch));
    return platform::make_directories(scratch);
}

Status check_tools(Executor::State& state, const Action& action) {
    for (const std::string& tool : action.expected_tools) {
        if (platform::exists(state.host(tool))) continue;
        return environment_error(cat(action.description, " needs ", state.for_people(tool), ", which is not there"));
    }
    return {};
}

ProcessSpec spec_of(Executor::State& state, const Job& job) {
    const Action& action = *job.action;
    ProcessSpec spec;
    for (const std::string& argument : action.argv) spec.argv.push_back(state.places.render(argument));
    for (const auto& [name, value] : job.env) spec.env.emplace(name, state.places.render(value));
    spec.cwd = state.places.render(action.cwd.empty() ? action.directory() : action.cwd);
    spec.wanted = action.wanted_lines;
    // Where rustc writes what it knows of a failure of its own, in place of the working directory.
    if (action.discovery == Discovery::DepInfo) {
        spec.env.emplace("RUSTC_ICE", spec.env["TMPDIR"]);
        // What rustc advises when a crate is too deep for its stack. It changes no bytes, so no key either.
        auto stack = state.options.user.find("RUST_MIN_STACK");
        if (stack != state.options.user.end()) spec.env.insert(*stack);
    }
    if (starts_compilers(action)) spec.env.merge(header_notes(spec.env["TMPDIR"]));
    // Both names of a directory lead to the same inodes; the rules are about inodes.
    std::vector<std::string>& writable = spec.reach.writable;
    writable = {state.host(action.directory()), state.host(cat(k_tmp, "/", action.label))};
    spec.reach.network = action.network;
    for (const std::string& directory : action.writable) writable.push_back(state.host(directory));
    if (std::any_of(action.outputs.begin(), action.outputs.end(), [](const Output& o) { return in_tree(o.path); })) {
        for (const std::string& directory : state.mirror.writable()) writable.push_back(state.host(directory));
    }
    if (state.options.tokens != nullptr) {
        for (auto& [name, value] : state.options.tokens->environment()) spec.env.emplace(name, value);
        spec.inherited = state.options.tokens->descriptors();
    }
    return spec;
}

bool answers_requests(const Action& action) {
    return !action.worker.empty() && action.argv.size() > 2 && action.argv[action.argv.size() - 2] == "--once";
}

// A worker serves many steps: it may write where any of them may, and has no scratch directory of
// its own.
ProcessSpec worker_spec(Executor::State& state, const Job& job) {
    ProcessSpec spec = spec_of(state, job);
    spec.argv.resize(spec.argv.size() - 2);
    spec.reach.writable = {state.host(k_out), state.host(k_shared), state.host(k_tmp)};
    spec.env["TMPDIR"] = state.places.render(k_tmp);
    spec.cwd = state.places.render(k_tmp);
    spec.randomise = Randomise::No;
    return spec;
}

Result<WorkerReply> run_request(Executor::State& state, const Job& job) {
    const Action& action = *job.action;
    TRY(request, parse_json(action.worker_request, "a worker's request"));
    const std::string rendered = render_json(state.places, request).dump();
    if (state.options.workers == Workers::Yes && answers_requests(action)) {
        return state.workers.ask(action.worker, worker_spec(state, job), rendered);
    }
    ProcessSpec spec = spec_of(state, job);
    spec.randomise = Randomise::No;
    if (answers_requests(action)) spec.argv.back() = rendered;
    TRY(end, state.processes.run(spec));
    if (!end.succeeded()) {
        WorkerReply failed;
        failed.end = std::move(end);
        return failed;
    }
    TRY(reply, parse_worker_reply(trim(end.out)));
    reply.end.err += end.err;
    reply.end.cpu_us = end.cpu_us;
    return reply;
}

struct Ran {
    ProcessEnd end;
    std::optional<WorkerReply> reply;
    std::optional<Digest> early;
    std::string verdict;  // how many errors made rustc fail
};

// Others are told by their own tools which file they could not write or read.
void prepare_script(Executor::State& state, const Action& action, ProcessSpec& spec) {
    const bool observed = state.observes(action);
    Reach limits = spec.reach;
    if (action.strict || observed) limits = with_reads(state, action, std::move(limits));
    spec.watch = watch_scope(state, limits);
    if (observed) spec.watch.most_reads = k_most_observed;
    if (action.strict && !observed) spec.reach = std::move(limits);
}

Result<Ran> run_process(Executor::State& state, Job& job) {
    Ran ran;
    TRY_VOID(check_tools(state, *job.action));
    if (!job.action->worker.empty()) {
        TRY(reply, run_request(state, job));
        ran.end = reply.end;
        ran.reply = std::move(reply);
        return ran;
    }
    ProcessSpec spec = spec_of(state, job);
    const bool observed = state.observes(*job.action);
    if (!job.action->script.empty() && state.options.sandbox == Sandbox::Yes) prepare_script(state, *job.action, spec);
    if (observed) load_observer(state, *job.action, spec);
    EarlyListener listener(state, job);
    if (job.action->two_step == TwoStep::Rustc) spec.stderr_lines = &listener;
    Channel channel(state, job);
    if (job.talk) spec.channel = &channel;
    TRY(end, state.processes.run(spec));
    if (observed) state.keep_observation(job, end);
    if (!channel.wrong().empty()) return step_error(cat(job.action->description, " ", channel.wrong()));
    ran.end = std::move(end);
    if (!channel.statements().empty())
        TRY_VOID(
            platform::write_file(output_host(state, *job.action, std::string(k_statements)), channel.statements()));
    RustcText said = read_rustc(ran.end.err, job.action->subject, job.action->fix, ran.end.succeeded());
    ran.end.err = std::move(said.text);
    ran.verdict = std::move(said.verdict);
    ran.early = listener.digest();
    return ran;
}

// Sizes and times can hide a damaged disk block; what ends in a wheel or a link is read once more.
// Such a file is taken away with its blob, so that the step that made it runs in the next build.
Status verify_inputs(Executor::State& state, const Action& action) {
    if (!action.verify_inputs) return {};
    for (const Input& input : action.inputs) {
        const bool output = is_within(input.path, k_out) || is_within(input.path, k_shared);
        if (!output || input.kind == InputKind::Tree) continue;
        const std::string host = state.host(input.path);
        TRY(hashed, store::hash_file(host));
        if (hashed.digest == input.digest) continue;
        TRY_VOID(state.store.forget_blob(input.digest));
        TRY_VOID(platform::remove_file(host));
        return environment_error(cat("lost: ", state.for_people(input.path), " was damaged and has been removed"),
                                 "run the build again; `cermet cache verify` looks for more damage");
    }
    return {};
}

// What came of one attempt; `changed` names an input that changed meanwhile, and nothing else
// counts then.
struct Attempt {
    Outcome outcome;
    std::string diagnostics;
    std::string changed;
    std::int64_t cpu_us = 0;
    std::uint64_t peak = 0;  // bytes, of its largest process
};

Result<Ran> run_any(Executor::State& state, Job& job) {
    if (job.work == nullptr) return run_process(state, job);
    Ran ran;
    TRY_VOID((*job.work)(state.host(job.action->directory())));
    return ran;
}

Result<Attempt> attempt(Executor::State& state, Job& job) {
    const Action& action = *job.action;
    TRY_VOID(prepare_directory(state, action));
    TRY_VOID(verify_inputs(state, action));
    const std::int64_t start_ns = file_clock_ns();
    Result<Ran> ran = run_any(state, job);
    if (ran.ok() && !ran->end.succeeded()) keep_reports(state, action, ran->end);
    const std::string scratch = state.host(cat(k_tmp, "/", action.label));
    std::vector<std::string> headers;
    if (starts_compilers(action)) headers = noted_headers(scratch);
    (void)platform::remove_tree(scratch);
    if (!ran.ok()) return std::move(ran).error();
    Attempt made;
    made.cpu_us = ran->end.cpu_us;
    made.peak = static_cast<std::uint64_t>(ran->end.max_rss_kb) * 1024;
    if (state.cancelled) ran->end.cancelled = true;
    job.starved = looks_starved(ran->end);
    if (!ran->end.succeeded()) {
        Error error = step_failure(state, action, job.env, ran->end);
        if (!ran->verdict.empty() && error.kind == ErrorKind::Step) error.message = ran->verdict;
        return error;
    }
    // Where nothing keeps a script in its place: it is done, but nobody else will make that file.
    if (!ran->end.heard.writes.empty() && !writes_are_limited(state))
        state.notice(cat(action.description, " wrote ", paths_outside(state, action, ran->end)), true);
    if (ran->end.out_dropped > 0) {
        return step_error(cat(action.description, " printed more than ", k_max_stdout >> 20, " MiB"));
    }
    Result<std::vector<Leaf>> leaves =
        discover(state, action, {ran->end.out, headers, ran->reply ? &*ran->reply : nullptr});
    if (!leaves.ok()) return std::move(leaves).error();
    TRY(outcome, collect_outputs(state, action));
    std::vector<Leaf> places = observed_places(state, action, outcome);
    leaves->insert(leaves->end(), places.begin(), places.end());
    if (job.talk) {
        std::vector<Leaf> answers = job.talk->leaves();
        leaves->insert(leaves->end(), answers.begin(), answers.end());
    }
    std::sort(leaves->begin(), leaves->end());
    leaves->erase(std::unique(leaves->begin(), leaves->end()), leaves->end());
    made.changed = changed_input(state, action, *leaves, start_ns);
    TRY(out_digest, state.store.put(state.places.canonical_text(ran->end.out)));
    made.diagnostics = state.places.canonical_text(ran->end.err);
    TRY(err_digest, state.store.put(made.diagnostics));
    made.outcome = std::move(outcome);
    made.outcome.stdout_digest = out_digest;
    made.outcome.stderr_digest = err_digest;
    made.outcome.leaves = std::move(*leaves);
    const OutputFile* early = ran->early ? made.outcome.find(action.early_output) : nullptr;
    if (early != nullptr && early->digest != *ran->early) {
        return step_error(cat(action.description, " changed its metadata after announcing it"));
    }
    return made;
}

Result<Attempt> attempts(Executor::State& state, Job& job) {
    for (int round = 1;; ++round) {
        Result<Attempt> made = attempt(state, job);
        if (!made.ok() || made->changed.empty()) return made;
        const std::string& changed = made->changed;
        // What was announced early, or keyed by the rules, cannot be taken back: only discovered
        // inputs may be read again.
        const bool declared = std::any_of(job.action->inputs.begin(), job.action->inputs.end(),
                                          [&](const Input& input) { return input.path == changed; });
        if (declared || job.early_sent || round == k_attempts) {
            return step_error(cat(state.for_people(changed), " changed while ", job.action->description, " read it"),
                              "build again");
        }
        state.world.forget_file(changed);
    }
}

Digest exact_digest(const Job& job, const Outcome& outcome) {
    return outcome.leaves.empty() ? job.intent : encode_exact(*job.action, outcome.leaves).action_digest;
}

// Of an observed step nothing is remembered: it saw the observer's variables, which are in no key.
Status store_result(Executor::State& state, const Job& job, const Outcome& outcome) {
    const Action& action = *job.action;
    if (state.observes(action)) {
        std::lock_guard guard(state.mutex);
        state.observed[action.label] = outcome;
        return {};
    }
    const Digest digest = exact_digest(job, outcome);
    TRY_VOID(state.store.put_entry("result", digest, encode_outcome(outcome)));
    const std::string trace = encode_leaves(outcome.leaves);
    const std::vector<std::string> known = state.store.find_candidates("trace", job.intent);
    if (!contains(known, trace)) {
        TRY_VOID(state.store.add_candidate("trace", job.intent, trace));
    }
    return write_mark(state, action, digest, outcome);
}

// What of a second result has other bytes than the first: paths as the action declares them.
std::vector<std::string> other_bytes(const Outcome& first, const Outcome& second) {
    std::vector<std::string> other;
    for (const OutputFile& file : second.files) {
        const OutputFile* before = first.find(file.path);
        if (before == nullptr || !(*before == file)) other.push_back(file.path);
    }
    for (const OutputFile& file : first.files) {
        if (second.find(file.path) == nullptr) other.push_back(file.path);
    }
    if (second.empty_directories != first.empty_directories) other.push_back("its empty directories");
    if (second.stdout_digest != first.stdout_digest) other.push_back("what it printed");
    return other;
}

void compare(Executor::State& state, const Action& action, const Outcome& first, const Outcome& second) {
    constexpr std::size_t k_shown = 3;
    std::vector<std::string> other = other_bytes(first, second);
    {
        std::lock_guard guard(state.mutex);
        ++state.counts.checked;
        if (!other.empty()) ++state.counts.unstable;
    }
    if (other.empty()) return;
    std::string more;
    if (other.size() > k_shown) more = cat(" and ", other.size() - k_shown, " more");
    other.resize(std::min(other.size(), k_shown));
    state.notice(cat(action.description, " gave other bytes when it ran again: ", join(other, ", "), more), true);
}

bool all_bytes_are_kept(Executor::State& state, const Outcome& outcome) {
    return state.store.has(outcome.stdout_digest) && state.store.has(outcome.stderr_digest) &&
           std::all_of(outcome.files.begin(), outcome.files.end(),
                       [&](const OutputFile& file) { return state.store.has(file.digest); });
}

// A checked step runs until there are two results. The first one counts, whatever the second is.
Result<Attempt> check(Executor::State& state, Job& job, const std::optional<Remembered>& known, Attempt made) {
    Attempt first = made;
    if (known && all_bytes_are_kept(state, known->outcome)) {
        first.outcome = known->outcome;
    } else {
        TRY(again, attempts(state, job));
        first.cpu_us += again.cpu_us;
        made = std::move(again);
    }
    compare(state, *job.action, first.outcome, made.outcome);
    return first;
}

// After a check the directory holds the second result.
Status leave_first(Executor::State& state, const Job& job, const Outcome& first, std::unique_lock<std::mutex>& tree) {
    if (!job.checked) return {};
    if (tree.owns_lock()) tree.unlock();  // place_outputs() takes it
    return place_outputs(state, *job.action, {first, exact_digest(job, first)});
}

}  // namespace step_detail

void write_memory(Executor::State& state, const Job& job, const Outcome& outcome) {
    StepMemory memory = remember(*job.action, job.env);
    memory.leaves = outcome.leaves;
    memory.outputs = outcome.digest();
    memory.why = job.why;
    // Only explanations are lost when this fails.
    (void)platform::write_file_atomic(state.memory_path(job.action->label), encode_memory(memory));
}

void Executor::State::execute(std::unique_ptr<Job> job, int slot) {
    using namespace step_detail;
    if (cancelled) return;  // the job's end answers
    const Action& action = *job->action;
    job->running = true;
    // Builds of several checkouts do not do the same work at the same time. A step holds one lock and waits for its own
    // process; one that asks waits for steps below it too, whose locks never lead back: so no two builds wait for each other.
    const bool shared = action.scope == Scope::Shared;
    Result<store::KeyLock> taken =
        store::KeyLock::take(store.directory(), shared ? digest_of(action.label) : job->intent, &cancelled);
    if (!taken.ok()) {
        job->fail(std::move(taken).error());
        return;
    }
    std::optional<store::KeyLock> lock(std::move(*taken));
    std::optional<Remembered> other;
    if (!job->lost && !observes(action)) other = find_remembered(*this, *job);
    // Another build made it while this one waited.
    if (other && !job->checked &&
        (shared ? outputs_in_place(*this, action, *other) : place_outputs(*this, action, *other).ok())) {
        Result<std::string> said = store.get(other->outcome.stderr_digest);
        if (said.ok() && store.has(other->outcome.stdout_digest)) {
            record(other->outcome.leaves);
            finished(*job, engine::Outcome::Hit, -1, monotonic_us(), for_people(*said));
            job->succeed(other->outcome);
            return;
        }
    }
    std::unique_lock<std::mutex> tree = hold_tree_outputs(action);
    if (options.tokens != nullptr && !options.tokens->acquire(processes.cancel_descriptor())) return;
    const std::int64_t start = monotonic_us();
    {
        std::lock_guard guard(mutex);
        ++counts.started;
        if (job->lost) ++counts.repaired;
    }
    if (events != nullptr) engine::emit(events, engine::StepStarted{action.label, action.description, slot, start});
    const std::optional<StepMemory> before = memory_of(action.label);
    Result<Attempt> made = attempts(*this, *job);
    if (made.ok() && job->checked) made = check(*this, *job, other, std::move(*made));
    if (options.tokens != nullptr) options.tokens->release();
    Status stored = made.ok() ? store_result(*this, *job, made->outcome) : Status();
    if (!made.ok() || !stored.ok()) {
        Error error = made.ok() ? std::move(stored).error() : std::move(made).error();
        if (job->starved && !job->alone && !cancelled) {
            notice(cat(action.description, " ended for want of memory; it runs again with nothing beside it"));
            finished(*job, engine::Outcome::Cancelled, slot, start, {});
            job->alone = true;
            enqueue(std::move(job));
            return;
        }
        const bool stopped = error.kind == ErrorKind::Cancelled;
        finished(*job, stopped ? engine::Outcome::Cancelled : engine::Outcome::Failed, slot, start, error.output);
        job->fail(std::move(error));
        return;
    }
    if (lock) {
        (void)store.flush();  // who waits for the lock must find it
        lock.reset();
    }
    Status placed = leave_first(*this, *job, made->outcome, tree);
    if (!placed.ok()) {
        finished(*job, engine::Outcome::Failed, slot, start, {});
        job->fail(std::move(placed).error());
        return;
    }
    if (!observes(action)) write_memory(*this, *job, made->outcome);
    peaks.learn(action.label, made->peak);
    for (const OutputFile& file : made->outcome.files) {
        if (in_tree(file.path)) world.forget_file(file.path);
    }
    record(made->outcome.leaves);
    {
        std::lock_guard guard(mutex);
        counts.cpu_us += made->cpu_us;
    }
    const bool same = before && before->outputs == made->outcome.digest();
    finished(*job, same ? engine::Outcome::CutOff : engine::Outcome::Ran, slot, start, for_people(made->diagnostics));
    job->succeed(made->outcome);
}

Result<Outcome> Executor::stage(const Stage& key) {
    Action action;
    action.label = key.label();
    action.description = "writing " + key.label();
    Remembered wanted;
    wanted.outcome.directory = action.directory();
    wanted.digest = digest_of(key.text());
    for (const StagedFile& file : key.files()) {
        OutputFile made;
        made.path = normalise(file.path);
        made.digest = digest_of(file.bytes);
        made.executable = file.executable;
        if (is_absolute(made.path) || made.path.compare(0, 2, "..") == 0)
            return bug("a staged file outside its directory: " + file.path);
        wanted.outcome.files.push_back(std::move(made));
    }
    std::sort(wanted.outcome.files.begin(), wanted.outcome.files.end(),
              [](const OutputFile& a, const OutputFile& b) { return a.path < b.path; });
    TRY(nothing, state_->store.put(""));
    wanted.outcome.stdout_digest = nothing;
    wanted.outcome.stderr_digest = nothing;
    if (outputs_in_place(*state_, action, wanted)) return wanted.outcome;
    TRY_VOID(platform::remove_file(state_->mark_path(action)));
    TRY_VOID(platform::remove_tree(state_->host(action.directory())));
    for (const StagedFile& file : key.files()) {
        const std::string path = output_host(*state_, action, file.path);
        TRY_VOID(platform::make_directories(std::string(parent(path))));
        TRY_VOID(platform::write_file(path, file.bytes, file.executable ? 0555 : 0444));
    }
    TRY_VOID(platform::make_directories(state_->host(action.directory())));
    TRY_VOID(write_mark(*state_, action, wanted.digest, wanted.outcome));
    return wanted.outcome;
}

}  // namespace cermet::exec
