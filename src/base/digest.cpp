// SHA-256 (FIPS 180-4): a portable block function and the CPUs' own, chosen once at run time.
// SPDX-License-Identifier: MIT
//
// xxHash is included here and nowhere else. The block functions take whole 64-byte blocks and know
// no padding.
#include "base/digest.h"

#include <bit>
#include <cstring>

#include "base/text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

namespace cermet {

namespace digest_detail {

constexpr std::size_t k_block = 64;
using State = std::array<std::uint32_t, 8>;
using BlockFunction = void (*)(State& state, const unsigned char* data, std::size_t blocks);

constexpr State k_initial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

alignas(16) constexpr std::uint32_t k_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t load_be32(const unsigned char* p) {
    return (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | p[3];
}

void blocks_portable(State& state, const unsigned char* data, std::size_t blocks) {
    for (; blocks > 0; --blocks, data += k_block) {
        std::uint32_t w[64];
        for (std::size_t i = 0; i < 16; ++i) w[i] = load_be32(data + 4 * i);
        for (std::size_t i = 16; i < 64; ++i) {
            const std::uint32_t a = w[i - 15], b = w[i - 2];
            const std::uint32_t s0 = std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3);
            const std::uint32_t s1 = std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10);
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        State v = state;
        for (std::size_t i = 0; i < 64; ++i) {
            const std::uint32_t s1 = std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
            const std::uint32_t choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
            const std::uint32_t t1 = v[7] + s1 + choose + k_round[i] + w[i];
            const std::uint32_t s0 = std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
            const std::uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v = {t1 + s0 + majority, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
        }
        for (std::size_t i = 0; i < 8; ++i) state[i] += v[i];
    }
}

#if defined(__x86_64__) || defined(__i386__)

// sha256rnds2 works on the state as two registers, ABEF and CDGH; the message schedule rolls
// through four registers.
__attribute__((target("sha,sse4.1,ssse3"))) void blocks_x86(State& state, const unsigned char* data,
                                                            std::size_t blocks) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    const auto* words = reinterpret_cast<const __m128i*>(state.data());
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; blocks > 0; --blocks, data += k_block) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];
        for (int i = 0; i < 4; ++i) {
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i), swap);
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            const __m128i current = w[i & 3];
            const __m128i wk = _mm_add_epi32(current, _mm_load_si128(reinterpret_cast<const __m128i*>(
                                                          k_round + std::size_t{4} * static_cast<std::size_t>(i))));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
            if (i < 12) {
                const __m128i next1 = w[(i + 1) & 3], next2 = w[(i + 2) & 3], next3 = w[(i + 3) & 3];
                const __m128i partial =
                    _mm_add_epi32(_mm_sha256msg1_epu32(current, next1), _mm_alignr_epi8(next3, next2, 4));
                w[i & 3] = _mm_sha256msg2_epu32(partial, next3);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    auto* out = reinterpret_cast<__m128i*>(state.data());
    _mm_storeu_si128(out, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(out + 1, _mm_alignr_epi8(dchg, feba, 8));
}

bool cpu_has_sha256() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
    const bool sse = (c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0;
    if (!sse || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    return (b & (1U << 29)) != 0;  // SHA extensions
}

BlockFunction choose_blocks() { return cpu_has_sha256() ? blocks_x86 : blocks_portable; }

#elif defined(__aarch64__)

#if defined(__clang__)
__attribute__((target("sha2")))
#else
__attribute__((target("+crypto")))
#endif
void blocks_arm(State& state, const unsigned char* data, std::size_t blocks) {
    uint32x4_t abcd = vld1q_u32(state.data());
    uint32x4_t efgh = vld1q_u32(state.data() + 4);
    for (; blocks > 0; --blocks, data += k_block) {
        const uint32x4_t abcd_before = abcd, efgh_before = efgh;
        uint32x4_t w[4];
        for (int i = 0; i < 4; ++i) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            const uint32x4_t wk = vaddq_u32(w[i & 3], vld1q_u32(k_round + 4 * i));
            const uint32x4_t abcd_old = abcd;
            abcd = vsha256hq_u32(abcd, efgh, wk);
            efgh = vsha256h2q_u32(efgh, abcd_old, wk);
            if (i < 12) {
                w[i & 3] = vsha256su1q_u32(vsha256su0q_u32(w[i & 3], w[(i + 1) & 3]), w[(i + 2) & 3], w[(i + 3) & 3]);
            }
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state.data(), abcd);
    vst1q_u32(state.data() + 4, efgh);
}

BlockFunction choose_blocks() {
#if defined(__APPLE__)
    return blocks_arm;  // every Apple 64-bit ARM has it
#elif defined(__linux__)
    constexpr unsigned long kSha2 = 1UL << 6;  // HWCAP_SHA2
    return (getauxval(AT_HWCAP) & kSha2) != 0 ? blocks_arm : blocks_portable;
#else
    return blocks_portable;
#endif
}

#else

BlockFunction choose_blocks() { return blocks_portable; }

#endif

void process(State& state, const unsigned char* data, std::size_t blocks) {
    static const BlockFunction chosen = choose_blocks();
    chosen(state, data, blocks);
}

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;  // upper case is refused: a digest has one spelling
}

}  // namespace digest_detail

Sha256::Sha256() : state_(digest_detail::k_initial), buffer_{} {}

void Sha256::update(std::string_view bytes) {
    using digest_detail::k_block;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    const auto used = static_cast<std::size_t>(length_ % k_block);
    length_ += left;
    if (used > 0) {
        const std::size_t n = left < k_block - used ? left : k_block - used;
        if (n > 0) std::memcpy(buffer_.data() + used, data, n);
        data += n;
        left -= n;
        if (used + n < k_block) return;
        digest_detail::process(state_, buffer_.data(), 1);
    }
    if (left >= k_block) digest_detail::process(state_, data, left / k_block);
    const std::size_t rest = left % k_block;
    if (rest > 0) std::memcpy(buffer_.data(), data + (left - rest), rest);
}

Digest Sha256::finish() {
    using digest_detail::k_block;
    Digest out;
    out.size = length_;
    const std::uint64_t bits = length_ * 8;
    auto used = static_cast<std::size_t>(length_ % k_block);
    buffer_[used++] = 0x80;
    if (used > k_block - 8) {
        std::memset(buffer_.data() + used, 0, k_block - used);
        digest_detail::process(state_, buffer_.data(), 1);
        used = 0;
    }
    std::memset(buffer_.data() + used, 0, k_block - 8 - used);
    for (std::size_t i = 0; i < 8; ++i) {
        buffer_[k_block - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
    }
    digest_detail::process(state_, buffer_.data(), 1);
    for (std::size_t i = 0; i < 32; ++i) {
        out.hash[i] = static_cast<unsigned char>(state_[i / 4] >> (24 - 8 * (i % 4)));
    }
    return out;
}

Digest digest_of(std::string_view bytes) {
    Sha256 sha;
    sha.update(bytes);
    return sha.finish();
}

std::string Digest::hex() const { return cermet::hex({reinterpret_cast<const char*>(hash.data()), hash.size()}); }

std::string Digest::short_hex(int chars) const {
    return hex().substr(0, chars > 0 ? static_cast<std::size_t>(chars) : 0);
}

std::string Digest::text() const { return cat(hex(), '/', size); }

bool Digest::parse(std::string_view text, Digest& out) {
    if (text.size() < 66 || text[64] != '/') return false;
    Digest parsed;
    for (std::size_t i = 0; i < 32; ++i) {
        const int high = digest_detail::nibble(text[2 * i]);
        const int low = digest_detail::nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        parsed.hash[i] = static_cast<unsigned char>(high * 16 + low);
    }
    const std::string_view digits = text.substr(65);
    if (digits.size() > 1 && digits[0] == '0') return false;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (parsed.size > (UINT64_MAX - digit) / 10) return false;
        parsed.size = parsed.size * 10 + digit;
    }
    out = parsed;
    return true;
}

std::size_t DigestHash::operator()(const Digest& d) const {
    std::size_t v = 0;  // a SHA-256 prefix is as good as any hash
    std::memcpy(&v, d.hash.data(), sizeof v);
    return v;
}

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace cermet
