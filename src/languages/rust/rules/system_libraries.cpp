// System libraries: see system_libraries.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/system_libraries.h"

#include <utility>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/run.h"

namespace cermet::rust {
namespace system_libraries_detail {

// "native=/usr/lib" -> "/usr/lib".
std::string behind_kind(const std::string& printed) {
    const std::size_t equals = printed.find('=');
    return equals == std::string::npos ? printed : printed.substr(equals + 1);
}

// What steps write is in keys already.
bool made_here(std::string_view path) { return is_within(path, exec::k_out) || is_within(path, exec::k_shared); }

std::vector<std::string> file_names(const std::string& printed) {
    const std::string name = behind_kind(printed);
    const std::string kind = printed.substr(0, printed.size() - name.size());
    const std::string plain = name.substr(0, name.find(':'));  // "name:renamed"
    if (contains(kind, "+verbatim")) return {plain};
    if (kind.starts_with("static")) return {cat("lib", plain, ".a")};
    return {cat("lib", plain, ".so"), cat("lib", plain, ".a")};
}

std::string find_library(SourceFiles& files, const std::vector<std::string>& directories, const std::string& printed) {
    const std::vector<std::string> names = file_names(printed);
    for (const std::string& directory : directories) {
        for (const std::string& name : names) {
            std::string path = join_path(directory, name);
            if (files.kind(path) == SourceKind::File) return path;
        }
    }
    return {};
}

}  // namespace system_libraries_detail

SystemLibraries::SystemLibraries(std::vector<std::string> paths, std::vector<std::string> names,
                                 std::vector<std::string> order)
    : names_(std::move(names)) {
    for (const std::string& path : paths) directories_.push_back(system_libraries_detail::behind_kind(path));
    directories_.insert(directories_.end(), order.begin(), order.end());
}

std::string SystemLibraries::text() const { return cat(join(names_, " "), " | ", join(directories_, " ")); }

engine::Task<SystemFiles> run(engine::Build build, SystemLibraries key) {
    using namespace system_libraries_detail;
    SourceFiles& files = build.service<exec::Executor>().files();
    SystemFiles taken;
    for (const std::string& name : key.names()) {
        const std::string path = find_library(files, key.directories(), name);
        if (path.empty() || made_here(path)) continue;
        Digest digest = co_await build.get(exec::FileDigest(path));
        taken[cat(exec::k_system_file, path)] = digest.hex();
    }
    co_return taken;
}

}  // namespace cermet::rust
