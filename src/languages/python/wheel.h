// Wheel: lays files and metadata out as a wheel, byte for byte reproducible, and checks finished ones.
// SPDX-License-Identifier: MIT
//
// Order in the zip: payload and .data sorted by path, then .dist-info with RECORD last. No time, user, path or mode of this
// machine gets in: one mtime for all, modes 0644 and 0755. Files given by host path are mapped, hashed and compressed by
// several threads. Duplicate, escaping or badly placed paths are Project errors. Source: binary-distribution-format,
// recording-installed-packages, PEP 427, 491, 639, 770.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive/zip.h"
#include "base/digest.h"
#include "base/result.h"
#include "languages/python/metadata.h"
#include "languages/python/tags.h"

namespace cermet::python {

struct WheelFile {
    std::string path;       // in the wheel: "pkg/__init__.py"; of a script: "tool" (see WheelPlan::scripts)
    std::string bytes;      // used when host_path is empty
    std::string host_path;  // a real file, read when the wheel is written
    bool executable = false;
};

// In-memory file of a .dist-info directory, `path` below it: "METADATA", "licenses/LICENSE".
struct InfoFile {
    std::string path;
    std::string bytes;
};

inline constexpr std::int64_t k_default_mtime = 315532800;  // 1980-01-01: the first moment a zip can name

struct WheelPlan {
    std::string name;
    Version version;
    std::string build;  // build tag or ""
    TagSet tags;
    std::string generator;           // "cermet 0.1.0"
    std::vector<WheelFile> files;    // below site-packages (purelib or platlib by tags)
    std::vector<WheelFile> scripts;  // go to .data/scripts, executable
    std::vector<InfoFile> info;      // see info_files()
    std::int64_t mtime = k_default_mtime;
    int level = 6;
    int threads = 0;
};

// METADATA, entry_points.txt, licenses/… of a project: all of .dist-info but WHEEL and RECORD.
std::vector<InfoFile> info_files(const Project& project);
std::string wheel_text(const TagSet& tags, std::string_view build, std::string_view generator);  // the WHEEL file
std::string record_line(std::string_view path, const Digest& digest);       // CSV as Python's csv module reads it
std::string dist_info_name(std::string_view name, const Version& version);  // "my_pkg-1.0.dist-info"

struct BuiltWheel {
    std::string file_name;
    std::string record;  // the RECORD text
};
// SOURCE_DATE_EPOCH text to a time; empty or bad text gives k_default_mtime.
std::int64_t archive_time(std::string_view source_date_epoch);

Result<BuiltWheel> write_wheel(const WheelPlan& plan, ByteSink& sink);
// Into a file in `directory`, replaced atomically; gives its name back.
Result<BuiltWheel> write_wheel_file(const WheelPlan& plan, const std::string& directory);

// Everything a strict installer would refuse, found in the bytes; one sentence each; empty: fine.
std::vector<std::string> check_wheel(std::string_view bytes, std::string_view file_name);

}  // namespace cermet::python
