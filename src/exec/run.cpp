// Run, RunInside, Stage and FileDigest: their identities, and their rules.
// SPDX-License-Identifier: MIT
#include "exec/run.h"

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"

namespace cermet::exec {

namespace run_detail {

std::string identity(const Action& action) { return cat(encode(action).action_digest.hex(), " ", action.label); }

}  // namespace run_detail

Input EarlyOutcome::input() const { return Input(join_path(directory, file.path), file.digest); }

Run::Run(Action action)
    : action_(std::make_shared<const Action>(std::move(action))), text_(run_detail::identity(*action_)) {}

std::string Run::describe() const { return action_->description; }

RunInside::RunInside(Action action, InsideWork work)
    : action_(std::make_shared<const Action>(std::move(action))),
      work_(std::make_shared<const InsideWork>(std::move(work))),
      text_(run_detail::identity(*action_)) {}

std::string RunInside::describe() const { return action_->description; }

Stage::Stage(std::string label, std::vector<StagedFile> files)
    : label_(std::move(label)), files_(std::make_shared<const std::vector<StagedFile>>(std::move(files))) {
    ByteWriter bytes;
    for (const StagedFile& file : *files_) {
        bytes.string(file.path);
        bytes.string(file.bytes);
        bytes.u8(file.executable ? 1 : 0);
    }
    text_ = cat(label_, " ", digest_of(bytes.bytes()).hex());
}

engine::Task<Outcome> run(engine::Build build, Run key) {
    Executor& executor = build.service<Executor>();
    engine::Ticket<Outcome> ticket = build.ticket<Outcome>();
    std::shared_ptr<const Action> action = std::make_shared<const Action>(key.action());
    if (action->two_step == TwoStep::No) {
        executor.submit(action, nullptr, ticket.sender(), std::nullopt);
    } else {
        engine::Ticket<EarlyOutcome> first = build.ticket<EarlyOutcome>();
        executor.submit(action, nullptr, ticket.sender(), first.sender());
        Result<EarlyOutcome> early = co_await build.attempt_answer(first);
        if (early.ok()) build.publish(std::move(*early));
    }
    Result<Outcome> outcome = co_await build.attempt_answer(ticket);
    co_return outcome;
}

engine::Task<Outcome> run(engine::Build build, RunInside key) {
    engine::Ticket<Outcome> ticket = build.ticket<Outcome>();
    std::shared_ptr<const Action> action = std::make_shared<const Action>(key.action());
    std::shared_ptr<const InsideWork> work = std::make_shared<const InsideWork>(key.work());
    build.service<Executor>().submit(action, work, ticket.sender(), std::nullopt);
    Result<Outcome> outcome = co_await build.attempt_answer(ticket);
    co_return outcome;
}

engine::Task<Outcome> run(engine::Build build, Stage key) { co_return build.service<Executor>().stage(key); }

engine::Task<Digest> run(engine::Build build, FileDigest key) {
    engine::Ticket<Digest> ticket = build.ticket<Digest>();
    std::shared_ptr<const std::string> path = std::make_shared<const std::string>(key.path());
    build.service<Executor>().on_pool(path, ticket.sender());
    Result<Digest> digest = co_await build.attempt_answer(ticket);
    co_return digest;
}

}  // namespace cermet::exec
