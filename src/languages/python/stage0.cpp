// Audits of native files in stage 0: there are none; the whole program, which stage 0 builds, makes them.
// SPDX-License-Identifier: MIT
#ifdef CERMET_STAGE0
#include "languages/python/environment.h"
#include "languages/python/link_check.h"
#include "languages/python/symbols.h"
#include "languages/python/wheel_platform.h"

namespace cermet::python {

CheckLink::CheckLink(LinkCheck check) : check_(std::make_shared<const LinkCheck>(std::move(check))) {}

engine::Task<std::vector<exec::Input>> run(engine::Build, CheckLink) { co_return std::vector<exec::Input>(); }

engine::Task<bool> run(engine::Build, CheckLoad) { co_return true; }

engine::Task<bool> run(engine::Build, CheckSymbols) { co_return true; }

engine::Task<WheelPlatform> run(engine::Build, ChoosePlatform) {
    co_return environment_error("stage 0 builds no wheels", "`sh bootstrap.sh` makes the whole program");
}

}  // namespace cermet::python
#endif
