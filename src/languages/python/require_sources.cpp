// Asking for everything that a build may not fetch: see require_sources.h.
// SPDX-License-Identifier: MIT
#include "languages/python/require_sources.h"

#include <set>

#include "exec/executor.h"
#include "fetch/declared.h"
#include "fetch/fetch_download.h"
#include "fetch/ledger.h"
#include "languages/python/crate_requests.h"
#include "languages/python/package.h"
#include "languages/python/shared_libraries.h"
#include "languages/rust/rust.h"

namespace cermet::python {
namespace require_sources_detail {

void add_uses(const options::Texts& uses, std::set<std::string>& names) {
    for (const std::string& text : *uses) {
        const Result<options::Use> use = options::parse_use(text);
        if (use.ok() && use->kind == options::UseKind::Download) names.insert(use->name);
    }
}

std::set<std::string> used_downloads(const options::Config& config) {
    std::set<std::string> names;
    for (const auto& table : config.cython) add_uses(table.uses, names);
    for (const auto& table : config.c_modules) add_uses(table.uses, names);
    for (const auto& table : config.c_libraries) add_uses(table.uses, names);
    for (const auto& table : config.executables) add_uses(table.uses, names);
    for (const auto& table : config.generates) add_uses(table.uses, names);
    return names;
}

}  // namespace require_sources_detail

engine::Task<bool> run(engine::Build build, RequireSources) {
    SharedConfig config = co_await build.get(LoadConfig());
    for (const std::string& name : require_sources_detail::used_downloads(*config)) {
        const options::Download* table = config->find_download(name);
        if (table == nullptr) continue;
        Result<fetch::PlacedFile> placed = co_await build.attempt(fetch::FetchDownload(fetch::pinned_of(*table)));
        (void)placed;
    }
    Python python = co_await build.get(FindPython());
    CO_TRY(distribution, distribution_name(build.service<exec::Executor>().files(), *config));
    CO_TRY(requests, all_crates(*config, python, build.service<BuildRequest>(), distribution));
    for (const rust::CrateRequest& request : requests) {
        Result<std::vector<fetch::PinnedFile>> declared = co_await build.attempt(rust::DeclaredDownloads(request));
        for (const fetch::PinnedFile& file : declared.ok() ? *declared : std::vector<fetch::PinnedFile>()) {
            Result<fetch::PlacedFile> placed = co_await build.attempt(fetch::FetchDownload(file));
            (void)placed;
        }
    }
    const std::vector<std::string> missing = build.service<fetch::Downloads>().missing();
    if (missing.empty()) co_return true;
    const std::string& why = build.service<fetch::Downloads>().policy().offline;
    co_return fetch::missing_error(missing, why, "run `cermet fetch`, or build without --offline");
}

}  // namespace cermet::python
