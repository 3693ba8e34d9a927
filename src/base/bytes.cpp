// Canonical bytes: the writers and the bounds-checked reader declared in bytes.h.
// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <cstring>

namespace cermet {

namespace bytes_detail {

enum WireType : std::uint64_t { Varint = 0, LengthDelimited = 2 };

void put_varint(std::string& out, std::uint64_t v) {
    while (v >= 0x80) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(v | 0x80)));
        v >>= 7;
    }
    out.push_back(static_cast<char>(static_cast<unsigned char>(v)));
}

void put_tag(std::string& out, int number, WireType type) {
    put_varint(out, (static_cast<std::uint64_t>(number) << 3) | type);
}

template <class Integer>
void put_fixed(std::string& out, Integer v) {
    for (std::size_t i = 0; i < sizeof v; ++i) {
        out.push_back(static_cast<char>(static_cast<unsigned char>((v >> (8 * i)) & 0xff)));
    }
}

template <class Integer>
Integer get_fixed(std::string_view bytes) {
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        v |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return static_cast<Integer>(v);
}

}  // namespace bytes_detail

void ByteWriter::u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }

void ByteWriter::u32(std::uint32_t v) { bytes_detail::put_fixed(out_, v); }

void ByteWriter::u64(std::uint64_t v) { bytes_detail::put_fixed(out_, v); }

void ByteWriter::varint(std::uint64_t v) { bytes_detail::put_varint(out_, v); }

void ByteWriter::string(std::string_view v) {
    varint(v.size());
    out_.append(v);
}

void ByteWriter::digest(const Digest& v) {
    out_.append(reinterpret_cast<const char*>(v.hash.data()), v.hash.size());
    varint(v.size);
}

std::string_view ByteReader::take(std::size_t n) {
    if (!ok_ || n > in_.size()) {
        ok_ = false;
        return {};
    }
    std::string_view out = in_.substr(0, n);
    in_.remove_prefix(n);
    return out;
}

std::uint8_t ByteReader::u8() { return bytes_detail::get_fixed<std::uint8_t>(take(1)); }

std::uint32_t ByteReader::u32() { return bytes_detail::get_fixed<std::uint32_t>(take(4)); }

std::uint64_t ByteReader::u64() { return bytes_detail::get_fixed<std::uint64_t>(take(8)); }

std::uint64_t ByteReader::varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint64_t byte = u8();
        if (!ok_) return 0;
        if (shift == 63 && byte > 1) break;  // would not fit 64 bits
        v |= (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return v;
    }
    ok_ = false;
    return 0;
}

std::string_view ByteReader::string_view() {
    const std::uint64_t n = varint();
    if (n > in_.size()) {
        ok_ = false;
        return {};
    }
    return take(static_cast<std::size_t>(n));
}

Digest ByteReader::digest() {
    Digest d;
    const std::string_view hash = take(d.hash.size());
    if (!ok_) return {};
    std::memcpy(d.hash.data(), hash.data(), hash.size());
    d.size = varint();
    return ok_ ? d : Digest{};
}

void ProtoWriter::varint_field(int number, std::uint64_t value) {
    if (value == 0) return;
    bytes_detail::put_tag(out_, number, bytes_detail::Varint);
    bytes_detail::put_varint(out_, value);
}

void ProtoWriter::bytes_field(int number, std::string_view value) {
    if (!value.empty()) message_field(number, value);
}

void ProtoWriter::message_field(int number, std::string_view encoded) {
    bytes_detail::put_tag(out_, number, bytes_detail::LengthDelimited);
    bytes_detail::put_varint(out_, encoded.size());
    out_.append(encoded);
}

void ProtoWriter::digest_field(int number, const Digest& digest) {
    ProtoWriter message;
    message.bytes_field(1, digest.hex());
    message.varint_field(2, digest.size);
    message_field(number, message.bytes());
}

}  // namespace cermet
