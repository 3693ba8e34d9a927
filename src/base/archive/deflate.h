// Deflate: raw deflate, gzip and CRC-32 over whole buffers; libdeflate is behind this, in deflate.cpp only.
// SPDX-License-Identifier: MIT
//
// Output depends on the input, the level and the library's version alone. The bootstrap's first stage is compiled with
// CERMET_STAGE0 and has no library: deflate_available() is then false, compressors give "stored" streams and inflating
// anything else is an Environment error. Input is untrusted: limits are enforced before memory is taken. Thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cermet {

bool deflate_available();

std::uint32_t crc32(std::string_view bytes, std::uint32_t start = 0);

// Raw deflate (RFC 1951), level 1..12. Empty result: it did not get smaller than the input, store it.
std::string deflate(std::string_view bytes, int level = 6);
// `size` is what the container promises; another size is an error.
Result<std::string> inflate(std::string_view bytes, std::uint64_t size);

// One gzip member (RFC 1952) without name and time.
std::string gzip(std::string_view bytes, int level = 9);
// All members of a gzip file; more than `limit` bytes is an error; so are bytes after the last member, save zero padding.
Result<std::string> gunzip(std::string_view bytes, std::uint64_t limit);

}  // namespace cermet
