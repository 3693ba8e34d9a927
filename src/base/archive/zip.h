// Zip: writes byte-reproducible zip files and reads them strictly; knows nothing of wheels.
// SPDX-License-Identifier: MIT
//
// Writer: members in the given order; one time for all; modes 0644 or 0755; UTF-8 names; final sizes in the local header
// (no data descriptors); deflate where it helps; zip64 records only where a number needs them; no comment, no extra bytes.
// Members are compressed by several threads; the bytes do not depend on how many.
// Reader: refuses what two readers could read differently (prefix or trailing bytes, comment, duplicate names, local header
// that differs from the central one, overlapping members, encrypted or unknown methods, `..`, absolute names).
// Source: PKWARE APPNOTE 6.3.10; PyPI's rules against parser confusion. Views must outlive the calls that take them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet {

// Where bytes of an archive go, piece by piece.
class ByteSink {
   public:
    virtual ~ByteSink() = default;
    virtual Status write(std::string_view bytes) = 0;
};

class StringSink : public ByteSink {
   public:
    Status write(std::string_view piece) override;
    std::string bytes;
};

struct ZipMember {
    std::string path;        // relative, "/" between segments
    std::string_view bytes;  // borrowed
    bool executable = false;
};

struct ZipOptions {
    std::int64_t mtime = 0;  // seconds since the epoch, UTC; clamped to 1980..2107
    int level = 6;
    int threads = 0;  // 0: as many as there are CPUs
};

Status write_zip(const std::vector<ZipMember>& members, const ZipOptions& options, ByteSink& sink);

struct ZipEntry {
    std::string path;
    std::uint64_t size = 0;
    std::uint64_t compressed_size = 0;
    std::uint64_t data_offset = 0;
    std::uint32_t crc = 0;
    std::uint16_t method = 0;  // 0 stored, 8 deflate
    std::uint32_t mode = 0;    // Unix mode with type bits; 0 when the maker was not Unix
    std::uint32_t dos_time = 0;
    bool directory = false;
    bool executable() const { return (mode & 0111) != 0 && !directory; }
};

class ZipReader {
   public:
    // `name` is the file's name for errors (kind Project).
    static Result<ZipReader> open(std::string_view bytes, std::string_view name);
    const std::vector<ZipEntry>& entries() const { return entries_; }  // in the file's order
    const ZipEntry* find(std::string_view path) const;
    // Checks size and CRC; refuses members larger than `limit`.
    Result<std::string> read(const ZipEntry& entry, std::uint64_t limit = std::uint64_t{4} << 30) const;

   private:
    std::string_view bytes_;
    std::string name_;
    std::vector<ZipEntry> entries_;
};

}  // namespace cermet
