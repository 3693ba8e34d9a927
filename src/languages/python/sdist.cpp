// Writing sdists: one directory, sorted files, PKG-INFO.
// SPDX-License-Identifier: MIT
#include "languages/python/sdist.h"

#include <algorithm>

#include "base/archive/tar.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::python {

namespace sdist_detail {

bool safe(std::string_view path) {
    if (path.empty() || path.front() == '/' || !valid_utf8(path)) return false;
    for (char c : path) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\\') return false;
    }
    for (const std::string& segment : split(path, '/')) {
        if (segment.empty() || segment == "." || segment == "..") return false;
    }
    return true;
}

}  // namespace sdist_detail

Result<BuiltSdist> make_sdist(const SdistPlan& plan) {
    std::string top = distribution_stem(plan.name, plan.version);
    BuiltSdist out;
    out.file_name = top + ".tar.gz";
    std::vector<TarFile> files;
    for (const WheelFile& file : plan.files) {
        if (file.path == "PKG-INFO") continue;  // of an unpacked sdist: ours replaces it
        if (!sdist_detail::safe(file.path)) return project_error(cat("'", file.path, "' cannot be a name in an sdist"));
        TarFile made;
        made.path = cat(top, "/", file.path);
        made.executable = file.executable;
        if (file.host_path.empty()) {
            made.bytes = file.bytes;
        } else {
            auto bytes = platform::read_file(file.host_path);
            if (!bytes) return std::move(bytes).error().note(cat("while packing ", out.file_name));
            made.bytes = *std::move(bytes);
        }
        files.push_back(std::move(made));
    }
    files.push_back({top + "/PKG-INFO", plan.pkg_info, false});
    std::sort(files.begin(), files.end(), [](const TarFile& a, const TarFile& b) { return a.path < b.path; });
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (i > 0 && files[i].path == files[i - 1].path) return project_error(cat("two files go to ", files[i].path));
        out.paths.push_back(files[i].path.substr(top.size() + 1));
    }
    if (!std::binary_search(out.paths.begin(), out.paths.end(), "pyproject.toml")) {
        return project_error("an sdist needs pyproject.toml");
    }
    out.bytes = write_tar_gz(files, plan.mtime);
    return out;
}

}  // namespace cermet::python
