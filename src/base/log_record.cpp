// Log records: writing the frame and cutting the torn tail.
// SPDX-License-Identifier: MIT
#include "base/log_record.h"

#include <cstdint>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/text.h"

namespace cermet {

namespace log_record_detail {

constexpr std::size_t k_header = 16;
constexpr std::size_t k_frame = 12;  // u32 length and u64 checksum
constexpr std::string_view k_magic = "cermet";

}  // namespace log_record_detail

std::string log_header(std::string_view kind, int version) {
    using namespace log_record_detail;
    // The kind may use what the magic and a one-byte version leave: 9 bytes.
    if (kind.size() > k_header - k_magic.size() - 1 || version < 0 || version > 255) {
        abort_bug(cat("log header out of range: ", kind, ' ', version));
    }
    std::string out = cat(k_magic, kind);
    out.resize(k_header - 1, '\0');
    out.push_back(static_cast<char>(static_cast<unsigned char>(version)));
    return out;
}

std::string log_record(std::string_view payload) {
    if (payload.size() > UINT32_MAX) abort_bug("log record of more than 4 GiB");
    ByteWriter frame;
    frame.u32(static_cast<std::uint32_t>(payload.size()));
    frame.u64(hash64(payload));
    std::string out = frame.take();
    out.append(payload);
    return out;
}

LogReader::LogReader(std::string_view bytes, std::string_view kind, int version) : bytes_(bytes) {
    using log_record_detail::k_header;
    header_ok_ = bytes.substr(0, k_header) == log_header(kind, version);
    offset_ = header_ok_ ? k_header : 0;
}

bool LogReader::next(std::string_view& payload) {
    using log_record_detail::k_frame;
    if (!header_ok_ || bytes_.size() - offset_ < k_frame) return false;
    ByteReader frame(bytes_.substr(offset_, k_frame));
    const std::size_t size = frame.u32();
    const std::uint64_t checksum = frame.u64();
    if (size > bytes_.size() - offset_ - k_frame) return false;
    const std::string_view found = bytes_.substr(offset_ + k_frame, size);
    if (hash64(found) != checksum) return false;
    offset_ += k_frame + size;
    payload = found;
    return true;
}

}  // namespace cermet
