// Run: the keys through which rules reach processes and files. exec is the only door to both.
// SPDX-License-Identifier: MIT
//
//     Outcome ran = co_await build.get(Run(action));              a process, or its remembered
//     result const EarlyOutcome& meta = co_await build.early(Run(action)); rustc's metadata, before
//     the object code Outcome made = co_await build.get(Stage("root-crate-1a2b3c4d", files)); small
//     generated files, no process Outcome wheel = co_await build.get(RunInside(action, work)); work
//     of this program with an action's key and cache Digest digest = co_await
//     build.get(FileDigest("/cermet/ws/a.c"));          a leaf; Project error when absent
// Look-up: intent (everything known before) -> traces -> the first whose leaves still hold ->
// result. Results of failed, signalled or interrupted processes are never stored. Services needed
// on the graph: Executor.
#pragma once
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/build.h"
#include "exec/action.h"

namespace cermet::exec {

struct EarlyOutcome {
    std::string directory;
    OutputFile file;  // the .rmeta
    bool operator==(const EarlyOutcome&) const = default;
    Input input() const;
};

class Run {
   public:
    using Value = Outcome;
    using Early = EarlyOutcome;
    static constexpr std::string_view k_name = "run";
    explicit Run(Action action);
    std::string text() const { return text_; }  // the action digest and label
    std::string describe() const;
    const Action& action() const { return *action_; }

   private:
    std::shared_ptr<const Action> action_;
    std::string text_;
};
engine::Task<Outcome> run(engine::Build build, Run key);

// Work done by this program itself, on a worker thread, cached like a process. `work` gets the real
// directory to fill. It is not part of the identity: argv names it ("cermet:wheel", version) and
// inputs list all it reads.
class InsideWork {
   public:
    template <class F>
    requires(!std::same_as<F, InsideWork>) InsideWork(F work)  // NOLINT(google-explicit-constructor): a lambda is meant
        : call_(std::make_shared<const Holder<F>>(std::move(work))) {}
    Status operator()(const std::string& host_directory) const { return call_->run(host_directory); }

   private:
    struct Call {
        virtual ~Call() = default;
        virtual Status run(const std::string& host_directory) const = 0;
    };
    template <class F>
    struct Holder final : Call {
        explicit Holder(F f) : work(std::move(f)) {}
        Status run(const std::string& host_directory) const override { return work(host_directory); }
        F work;
    };
    std::shared_ptr<const Call> call_;
};
class RunInside {
   public:
    using Value = Outcome;
    static constexpr std::string_view k_name = "run-inside";
    RunInside(Action action, InsideWork work);
    std::string text() const { return text_; }
    std::string describe() const;
    const Action& action() const { return *action_; }
    const InsideWork& work() const { return *work_; }

   private:
    std::shared_ptr<const Action> action_;
    std::shared_ptr<const InsideWork> work_;
    std::string text_;
};
engine::Task<Outcome> run(engine::Build build, RunInside key);

struct StagedFile {
    std::string path;  // relative
    std::string bytes;
    bool executable = false;
    StagedFile(std::string p, std::string b, bool x = false) : path(std::move(p)), bytes(std::move(b)), executable(x) {}
};
class Stage {
   public:
    using Value = Outcome;
    static constexpr std::string_view k_name = "stage";
    Stage(std::string label, std::vector<StagedFile> files);
    std::string text() const { return text_; }
    std::string describe() const { return {}; }
    const std::string& label() const { return label_; }
    const std::vector<StagedFile>& files() const { return *files_; }

   private:
    std::string label_;
    std::shared_ptr<const std::vector<StagedFile>> files_;
    std::string text_;
};
engine::Task<Outcome> run(engine::Build build, Stage key);

class FileDigest {
   public:
    using Value = Digest;
    static constexpr std::string_view k_name = "file";
    explicit FileDigest(std::string path) : path_(std::move(path)) {}
    std::string text() const { return path_; }
    const std::string& path() const { return path_; }

   private:
    std::string path_;
};
engine::Task<Digest> run(engine::Build build, FileDigest key);

}  // namespace cermet::exec
