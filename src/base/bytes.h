// Canonical bytes: a tiny writer and reader for length-prefixed records and for protobuf's wire format.
// SPDX-License-Identifier: MIT
//
// ByteWriter/ByteReader: little-endian fixed integers, LEB128 varints, strings as varint length + bytes. The reader never
// reads past its end: after the first short read ok() is false and every value is zero or empty.
// ProtoWriter: fields in the order you write them (write them in number order: that is the canonical REAPI encoding),
// defaults (0, "", false) are left out as proto3 does.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace cermet {

class ByteWriter {
   public:
    void u8(std::uint8_t v);
    void u32(std::uint32_t v);
    void u64(std::uint64_t v);
    void varint(std::uint64_t v);
    void string(std::string_view v);
    void digest(const Digest& v);  // 32 bytes + varint size
    const std::string& bytes() const { return out_; }
    std::string take() { return std::move(out_); }

   private:
    std::string out_;
};

class ByteReader {
   public:
    explicit ByteReader(std::string_view bytes) : in_(bytes) {}
    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    std::uint64_t varint();
    std::string_view string_view();
    std::string string() { return std::string(string_view()); }
    Digest digest();
    bool ok() const { return ok_; }
    bool at_end() const { return in_.empty(); }

   private:
    std::string_view take(std::size_t n);
    std::string_view in_;
    bool ok_ = true;
};

class ProtoWriter {
   public:
    void varint_field(int number, std::uint64_t value);
    void bytes_field(int number, std::string_view value);      // omitted when empty
    void message_field(int number, std::string_view encoded);  // written even when empty
    void digest_field(int number, const Digest& digest);       // REAPI Digest message
    const std::string& bytes() const { return out_; }
    std::string take() { return std::move(out_); }

   private:
    std::string out_;
};

}  // namespace cermet
