// Sdist: packs sources and PKG-INFO as a reproducible .tar.gz.
// SPDX-License-Identifier: MIT
//
// What goes in is the caller's decision; this knows the container: one top directory, pax tar, regular files only, sorted,
// pyproject.toml and PKG-INFO required, no duplicates, no escaping paths. Source: source-distribution-format, PEP 625, 643.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "languages/python/wheel.h"

namespace cermet::python {

struct SdistPlan {
    std::string name;
    Version version;
    std::string pkg_info;          // metadata_text(project, MetadataFor::Sdist)
    std::vector<WheelFile> files;  // path relative to the sdist's top directory
    std::int64_t mtime = k_default_mtime;
};

struct BuiltSdist {
    std::string file_name;  // my_pkg-1.0.tar.gz
    std::string bytes;
    std::vector<std::string> paths;  // without the top directory, sorted
};
Result<BuiltSdist> make_sdist(const SdistPlan& plan);

}  // namespace cermet::python
