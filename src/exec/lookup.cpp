// The look-up: from an action to a remembered outcome, and from there to files in their directory.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor_state.h"
#include "platform/os.h"

namespace cermet::exec {

bool in_tree(std::string_view output_path) { return is_within(output_path, k_ws); }

std::string output_host(Executor::State& state, const Action& action, const std::string& output_path) {
    return state.host(join_path(action.directory(), output_path));
}

namespace lookup_detail {

Result<store::KeyLock> lock_shared(Executor::State& state, const Digest& digest) {
    return store::KeyLock::take(state.store.directory(), digest, &state.cancelled);
}

store::Mode mode_of(const OutputFile& file) { return file.executable ? store::Mode::Executable : store::Mode::Plain; }

// Two variants of one script write the same file of the tree: at no moment may it be gone.
Status replace_in_tree(Executor::State& state, const Action& action, const OutputFile& file, const std::string& path) {
    const std::string made = cat(state.options.root, "/tmp/", action.label, "-", digest_of(file.path).short_hex(8));
    TRY_VOID(platform::remove_file(made));
    TRY_VOID(state.store.materialise(file.digest, mode_of(file), made));
    TRY_VOID(platform::rename_path(made, path));
    return platform::remove_file(made);  // two names of one file: the rename did nothing
}

Status materialise_all(Executor::State& state, const Action& action, const Outcome& outcome) {
    const std::string directory = state.host(action.directory());
    TRY_VOID(platform::remove_tree(directory));
    TRY_VOID(platform::make_directories(directory));
    std::string last_parent;
    for (const OutputFile& file : outcome.files) {
        const std::string path = output_host(state, action, file.path);
        std::string above(parent(path));
        if (above != last_parent) {
            TRY_VOID(platform::make_directories(above));
            last_parent = std::move(above);
        }
        if (!in_tree(file.path)) {
            TRY_VOID(state.store.materialise(file.digest, mode_of(file), path));
            continue;
        }
        TRY_VOID(replace_in_tree(state, action, file, path));
        state.world.forget_file(file.path);
    }
    for (const std::string& empty : outcome.empty_directories) {
        TRY_VOID(platform::make_directories(output_host(state, action, empty)));
    }
    return {};
}

// What a leaf's value is now: of an offered file the step that made it says so.
std::string current(Executor::State& state, const Action& action, const Leaf& leaf) {
    const Input* input = leaf.type == Leaf::Type::File ? offered(action, leaf.name) : nullptr;
    return input != nullptr ? input->digest.text() : state.world.current(leaf);
}

// The same, where a question that was never put in this build is put now.
std::string current_or_asked(Executor::State& state, Job& job, const Leaf& leaf) {
    if (leaf.type != Leaf::Type::Answer) return current(state, *job.action, leaf);
    return job.talk ? value_of_answer(state.ask(job, question_of(leaf))) : std::string();
}

}  // namespace lookup_detail

std::unique_lock<std::mutex> Executor::State::hold_tree_outputs(const Action& action) {
    std::string first;
    for (const Output& output : action.outputs) {
        if (in_tree(output.path) && (first.empty() || output.path < first)) first = output.path;
    }
    if (first.empty()) return {};
    std::mutex* held = nullptr;
    {
        std::lock_guard guard(mutex);
        std::unique_ptr<std::mutex>& entry = tree_locks[first];
        if (!entry) entry = std::make_unique<std::mutex>();
        held = entry.get();
    }
    return std::unique_lock<std::mutex>(*held);
}

const Input* offered(const Action& action, const std::string& path) {
    for (const Input& input : action.inputs) {
        if (input.kind == InputKind::Offered && input.path == path) return &input;
    }
    return nullptr;
}

std::optional<Remembered> find_remembered(Executor::State& state, Job& job) {
    const Action& action = *job.action;
    for (const std::string& bytes : state.store.find_candidates("trace", job.intent)) {
        std::optional<std::vector<Leaf>> leaves = decode_leaves(bytes);
        if (!leaves) continue;
        const bool hold = std::all_of(leaves->begin(), leaves->end(), [&](const Leaf& leaf) {
            return lookup_detail::current_or_asked(state, job, leaf) == leaf.value;
        });
        if (!hold) continue;
        const Digest digest = leaves->empty() ? job.intent : encode_exact(action, *leaves).action_digest;
        std::optional<std::string> entry = state.store.find_entry("result", digest);
        std::optional<Outcome> outcome = entry ? decode_outcome(*entry) : std::nullopt;
        if (!outcome || outcome->directory != action.directory()) continue;
        return Remembered{std::move(*outcome), digest};
    }
    return std::nullopt;
}

bool outputs_in_place(Executor::State& state, const Action& action, const Remembered& remembered) {
    std::optional<std::string> bytes = platform::find_file_bytes(state.mark_path(action));
    std::optional<OkMark> mark = bytes ? decode_mark(*bytes) : std::nullopt;
    if (!mark || mark->action != remembered.digest || mark->outputs != remembered.outcome.digest()) return false;
    for (const OutputFile& file : remembered.outcome.files) {
        Result<Digest> now = state.store.file_digest(output_host(state, action, file.path));
        if (!now.ok() || *now != file.digest) return false;
        // What is delivered comes from the store: a blob that was lost there is put back from its copy here.
        if (state.store.has(file.digest)) continue;
        const store::Mode mode = file.executable ? store::Mode::Executable : store::Mode::Plain;
        Result<Digest> again = state.store.put_file(output_host(state, action, file.path), mode);
        if (!again.ok() || *again != file.digest) return false;
    }
    return true;
}

Status write_mark(Executor::State& state, const Action& action, const Digest& digest, const Outcome& outcome) {
    OkMark mark;
    mark.action = digest;
    mark.outputs = outcome.digest();
    return platform::write_file_atomic(state.mark_path(action), encode_mark(mark));
}

Status place_outputs(Executor::State& state, const Action& action, const Remembered& remembered) {
    std::unique_lock<std::mutex> tree = state.hold_tree_outputs(action);
    if (outputs_in_place(state, action, remembered)) {
        if (action.scope == Scope::Shared) state.store.touch_directory(state.host(action.directory()));
        return {};
    }
    std::optional<store::KeyLock> lock;
    if (action.scope == Scope::Shared) {
        TRY(taken, lookup_detail::lock_shared(state, digest_of(action.label)));
        lock.emplace(std::move(taken));
        if (outputs_in_place(state, action, remembered)) return {};
    }
    TRY_VOID(platform::remove_file(state.mark_path(action)));
    TRY_VOID(lookup_detail::materialise_all(state, action, remembered.outcome));
    return write_mark(state, action, remembered.digest, remembered.outcome);
}

std::string why_it_runs(Executor::State& state, const Job& job) {
    const Action& action = *job.action;
    std::optional<StepMemory> before = state.memory_of(action.label);
    if (!before) {
        // It ran in another checkout: what it found there and is otherwise here.
        const std::vector<std::string> traces = state.store.find_candidates("trace", job.intent);
        std::optional<std::vector<Leaf>> leaves = traces.empty() ? std::nullopt : decode_leaves(traces.front());
        if (!leaves) return "it never ran before";
        before = remember(action, job.env);
        before->leaves = std::move(*leaves);
    }
    StepMemory now = remember(action, job.env);
    for (const Leaf& leaf : before->leaves)
        now.leaves.push_back(Leaf{leaf.type, leaf.name, lookup_detail::current(state, action, leaf)});
    std::vector<std::string> lines = differences(*before, now);
    if (lines.empty()) return "its remembered result is gone from the cache";
    return join(lines, "\n");
}

}  // namespace cermet::exec
