// Downloads in stage 0: there are none, and asking for one is an error.
// SPDX-License-Identifier: MIT
#ifdef CERMET_STAGE0
#include "fetch/fetch_download.h"

namespace cermet::fetch {
namespace stage0_detail {

Error no_downloads() {
    return environment_error("stage 0 downloads nothing", "`sh bootstrap.sh` makes the whole program");
}

}  // namespace stage0_detail

void Downloads::stop() {}

engine::Task<PlacedFile> run(engine::Build, FetchDownload) { co_return stage0_detail::no_downloads(); }

engine::Task<PlacedTree> run(engine::Build, UnpackDownload) { co_return stage0_detail::no_downloads(); }

}  // namespace cermet::fetch
#endif
