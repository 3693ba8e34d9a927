// Tar: writes reproducible pax tars and unpacks .crate and sdist archives into memory under safe rules.
// SPDX-License-Identifier: MIT
//
// Writer: ustar headers, pax records only where a name or size needs them, uid and gid 0, no user names, one time, regular
// files only, modes 0644 or 0755, given order. Reader: ustar, pax, GNU long names, sparse refused; links, devices, absolute
// names, `..`, backslashes, NUL, a second top directory, two entries of one name and too much data are errors of kind Project.
// Source: POSIX.1-2017 pax; packaging.python.org source-distribution-format; PEP 706.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet {

struct TarFile {
    std::string path;
    std::string bytes;
    bool executable = false;
};

std::string write_tar(const std::vector<TarFile>& files, std::int64_t mtime);
inline constexpr int k_tar_gzip_level = 9;
std::string write_tar_gz(const std::vector<TarFile>& files, std::int64_t mtime);

struct TarRules {
    std::string top;                                   // the one top directory; empty: whichever the first entry has
    bool one_top = true;                               // every entry lies below it
    std::uint64_t max_total = std::uint64_t{2} << 30;  // unpacked bytes
    std::uint64_t max_entries = 500'000;
};

// What a reader of a tar is given, in the archive's order. Paths are relative, normalised, with the top directory in them.
class TarVisitor {
   public:
    virtual ~TarVisitor() = default;
    virtual Status file(std::string_view path, std::string_view bytes, bool executable) = 0;
    virtual Status directory(std::string_view path);  // default: nothing
};

// `name` is the archive's name for errors.
Status visit_tar(std::string_view tar, std::string_view name, const TarRules& rules, TarVisitor& visitor);
Status visit_tar_gz(std::string_view bytes, std::string_view name, const TarRules& rules, TarVisitor& visitor);
Result<std::vector<TarFile>> read_tar_gz(std::string_view bytes, std::string_view name, const TarRules& rules);

}  // namespace cermet
