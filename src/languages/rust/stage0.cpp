// Rust in stage 0: there is none, and asking for it is an error.
// SPDX-License-Identifier: MIT
#ifdef CERMET_STAGE0
#include "base/text.h"
#include "engine/build.h"
#include "languages/rust/rust.h"

namespace cermet::rust {
namespace stage0_detail {

Error no_rust() { return environment_error("stage 0 builds no Rust", "`sh bootstrap.sh` makes the whole program"); }

}  // namespace stage0_detail

std::vector<std::string> CrateSettings::crates_outputs() const { return {}; }

BuildCrate::BuildCrate(CrateRequest request)
    : request_(std::make_shared<const CrateRequest>(std::move(request))), text_(request_->name) {}

std::string BuildCrate::describe() const { return cat("building ", request_->name); }

engine::Task<CrateArtifact> run(engine::Build, BuildCrate) { co_return stage0_detail::no_rust(); }

SettleOutputs::SettleOutputs(std::vector<CrateRequest> requests)
    : requests_(std::make_shared<const std::vector<CrateRequest>>(std::move(requests))) {}

engine::Task<bool> run(engine::Build, SettleOutputs) { co_return stage0_detail::no_rust(); }

LooksForPython::LooksForPython(CrateRequest request)
    : request_(std::make_shared<const CrateRequest>(std::move(request))), text_(request_->name) {}

engine::Task<bool> run(engine::Build, LooksForPython) { co_return stage0_detail::no_rust(); }

FindFact::FindFact(CrateRequest request, facts::FactName name, std::string)
    : request_(std::make_shared<const CrateRequest>(std::move(request))), name_(std::move(name)), text_(name_.name) {}

engine::Task<talk::ProvidedFact> run(engine::Build, FindFact) { co_return stage0_detail::no_rust(); }

engine::Task<RustToolchain> run(engine::Build, FindRust) { co_return stage0_detail::no_rust(); }

}  // namespace cermet::rust
#endif
