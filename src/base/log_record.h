// Log records: the framing of every append-only log: length, checksum, bytes; a torn tail is cut, never read.
// SPDX-License-Identifier: MIT
//
// Bytes of one record: u32 length n · u64 XXH3 of the n bytes · n bytes. A log file is an 16-byte header
// ("cermet" + kind + version, padded) and then records. A reader stops at the first record that is short or whose checksum
// differs and tells how many bytes were good, so that the writer truncates there before it appends.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cermet {

std::string log_header(std::string_view kind, int version);  // 16 bytes
std::string log_record(std::string_view payload);

class LogReader {
   public:
    // `bytes` is the whole file, header included; it must outlive the reader.
    LogReader(std::string_view bytes, std::string_view kind, int version);
    bool header_ok() const { return header_ok_; }
    bool next(std::string_view& payload);
    std::size_t good_bytes() const { return offset_; }  // where the next append belongs

   private:
    std::string_view bytes_;
    std::size_t offset_ = 0;
    bool header_ok_ = false;
};

}  // namespace cermet
