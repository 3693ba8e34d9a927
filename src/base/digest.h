// Digest: the SHA-256 and size of some bytes, the identity of every blob; and SHA-256 itself.
// SPDX-License-Identifier: MIT
//
// Shape: 32 bytes and a length, as REAPI's Digest{hash=1,size_bytes=2}; text form "<64 hex>/<size>".
// Sha256 is streaming, uses SHA-NI where the CPU has it and is tested against OpenSSL. Not thread-safe per object.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cermet {

struct Digest {
    std::array<unsigned char, 32> hash{};
    std::uint64_t size = 0;

    auto operator<=>(const Digest&) const = default;
    bool operator==(const Digest&) const = default;
    std::string hex() const;                     // 64 characters
    std::string short_hex(int chars = 8) const;  // the first characters of hex()
    std::string text() const;                    // "<hex>/<size>"
    static bool parse(std::string_view text, Digest& out);
    bool empty_value() const { return size == 0 && hash == decltype(hash){}; }  // never set, not the empty blob
};

struct DigestHash {
    std::size_t operator()(const Digest& d) const;
};

class Sha256 {
   public:
    Sha256();
    void update(std::string_view bytes);
    Digest finish();  // the object is spent afterwards

   private:
    std::array<std::uint32_t, 8> state_;
    std::array<unsigned char, 64> buffer_;
    std::uint64_t length_ = 0;
};

Digest digest_of(std::string_view bytes);

// Fast 64-bit hash (XXH3) for tables and record checksums; never an identity.
std::uint64_t hash64(std::string_view bytes);

}  // namespace cermet
