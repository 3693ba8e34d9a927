// Facts and audits of native files in stage 0: there are none, and what cannot be left out is an error.
// SPDX-License-Identifier: MIT
#ifdef CERMET_STAGE0
#include "exec/run.h"
#include "languages/python/environment.h"
#include "languages/python/facts.h"
#include "languages/python/generate.h"
#include "languages/python/link_check.h"
#include "languages/python/symbols.h"
#include "languages/python/target.h"
#include "languages/python/wheel_platform.h"

namespace cermet::python {
namespace stage0_detail {

Error not_here(const char* what) { return environment_error(what, "`sh bootstrap.sh` makes the whole program"); }

}  // namespace stage0_detail

engine::Task<Generated> run(engine::Build build, RunTalking key) {
    exec::Run silent(key.action());
    exec::Outcome ran = co_await build.get(silent);
    Generated made;
    made.outcome = ran;
    co_return made;
}

engine::Task<c::Provides> run(engine::Build, ProvideFact) {
    co_return stage0_detail::not_here("stage 0 asks for no facts");
}

engine::Task<Python> run(engine::Build, DescribedPython) {
    co_return stage0_detail::not_here("stage 0 builds for this machine only");
}

CheckLink::CheckLink(LinkCheck check) : check_(std::make_shared<const LinkCheck>(std::move(check))) {}

engine::Task<std::vector<exec::Input>> run(engine::Build, CheckLink) { co_return std::vector<exec::Input>(); }

engine::Task<bool> run(engine::Build, CheckLoad) { co_return true; }

engine::Task<bool> run(engine::Build, CheckSymbols) { co_return true; }

engine::Task<WheelPlatform> run(engine::Build, ChoosePlatform) {
    co_return stage0_detail::not_here("stage 0 builds no wheels");
}

}  // namespace cermet::python

namespace cermet::c {

std::string CrossRecord::text() const { return {}; }

engine::Task<CrossRecord> run(engine::Build, FindCrossTools) {
    co_return python::stage0_detail::not_here("stage 0 builds for this machine only");
}

engine::Task<Toolchain> run(engine::Build, FindCrossToolchain) {
    co_return python::stage0_detail::not_here("stage 0 builds for this machine only");
}

}  // namespace cermet::c
#endif
