// Generators and facts in stage 0: there are none, and asking for one is an error.
// SPDX-License-Identifier: MIT
#ifdef CERMET_STAGE0
#include "languages/python/facts.h"
#include "languages/python/generate.h"

namespace cermet::python {
namespace stage0_detail {

Error no_generators() {
    return environment_error("stage 0 runs no generators", "`sh bootstrap.sh` makes the whole program");
}

}  // namespace stage0_detail

engine::Task<Generated> run(engine::Build, RunGenerate) { co_return stage0_detail::no_generators(); }

engine::Task<c::Provides> run(engine::Build, ProvideFact) { co_return stage0_detail::no_generators(); }

}  // namespace cermet::python
#endif
