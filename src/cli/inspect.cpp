// `cermet explain`, `cermet cache …`: looking at what the build knows.
// SPDX-License-Identifier: MIT
#include "base/path.h"
#include "base/text.h"
#include "cli/archives.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/rust_workspace.h"
#include "fetch/packages.h"
#include "languages/python/distribution.h"

namespace cermet::cli {
namespace inspect_detail {

std::string size_text(std::uint64_t bytes) {
    const char* units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = static_cast<double>(bytes);
    int unit = 0;
    while (value >= 1000 && unit < 4) {
        value /= 1000;
        ++unit;
    }
    std::string text = std::to_string(value);
    return cat(text.substr(0, text.find('.') + (unit == 0 ? 0 : 2)), " ", units[unit]);
}

}  // namespace inspect_detail

// Builds, and says of each step whether it ran and why: the words are those of the decision itself.
int explain_command(const Arguments& given) {
    Arguments arguments = given;
    Listeners listeners(arguments);
    std::optional<RustWorkspace> workspace;
    Result<SessionSettings> settings = settings_anywhere(arguments, listeners, workspace);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = start_session(*settings);
    if (!session.ok()) return print_error(session.error());
    Status built = run_anywhere(**session, arguments, workspace, python::BuildWheel());
    std::string part = arguments.targets.empty() ? "" : arguments.targets[0];
    if (arguments.json) {
        print_line(listeners.why().json(part).dump(2));
    } else {
        print_line(std::string(trim(listeners.why().text(part))));
    }
    if (!built.ok()) return print_failures(**session, built.error());
    return 0;
}

int cache_command(const Arguments& arguments) {
    Result<std::unique_ptr<store::Store>> store = store::Store::open(store::Store::default_directory());
    if (!store.ok()) return print_error(store.error());
    if (arguments.command == Command::CacheGc) {
        std::uint64_t cap = arguments.max_size != 0 ? arguments.max_size : (*store)->statistics().size_cap;
        Status collected = (*store)->collect(cap);
        if (!collected.ok()) return print_error(collected.error());
    }
    if (arguments.command == Command::CacheVerify) {
        Result<store::VerifyReport> report = (*store)->verify();
        if (!report.ok()) return print_error(report.error());
        Result<std::vector<std::string>> packages = fetch::verify_packages(**store);
        if (!packages.ok()) return print_error(packages.error());
        for (const std::string& bad : report->bad) print_line(cat("damaged, removed: ", bad));
        for (const std::string& bad : *packages) print_line(cat("damaged, removed: ", bad));
        print_line(cat(report->checked, " blobs checked, ", report->bad.size() + packages->size(), " damaged"));
        return report->bad.empty() && packages->empty() ? 0 : 1;
    }
    store::CacheStatistics seen = (*store)->statistics();
    if (arguments.json) {
        Json json;
        json.set("version", 1).set("directory", (*store)->directory()).set("blobs", seen.blobs);
        json.set("blob-bytes", seen.blob_bytes).set("entries", seen.entries).set("roots", seen.roots);
        json.set("root-bytes", seen.root_bytes).set("packages", seen.packages).set("size-cap", seen.size_cap);
        print_line(json.dump(2));
        return 0;
    }
    print_line(cat("directory  ", (*store)->directory()));
    print_line(cat("blobs      ", seen.blobs, ", ", inspect_detail::size_text(seen.blob_bytes)));
    print_line(cat("entries    ", seen.entries));
    print_line(cat("checkouts  ", seen.roots, ", ", inspect_detail::size_text(seen.root_bytes)));
    print_line(cat("packages   ", seen.packages));
    print_line(cat("size cap   ", inspect_detail::size_text(seen.size_cap)));
    return 0;
}

}  // namespace cermet::cli
