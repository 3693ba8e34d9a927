// Deflate through libdeflate; without it (the bootstrap's first stage) only "stored" streams.
// SPDX-License-Identifier: MIT
#include "base/archive/deflate.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#ifndef CERMET_STAGE0
#include <libdeflate.h>
#endif

namespace cermet {

namespace deflate_detail {

#ifdef CERMET_STAGE0
std::array<std::uint32_t, 256> crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
    return table;
}

void little(std::string& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
}

// Deflate blocks of type "stored", at most 65535 bytes each.
void stored_blocks(std::string& out, std::string_view bytes) {
    do {
        std::size_t n = std::min<std::size_t>(bytes.size(), 65535);
        out.push_back(bytes.size() == n ? '\1' : '\0');
        little(out, static_cast<std::uint32_t>(n), 2);
        little(out, static_cast<std::uint32_t>(~n & 0xFFFF), 2);
        out.append(bytes.substr(0, n));
        bytes.remove_prefix(n);
    } while (!bytes.empty());
}

Error no_library() {
    return environment_error("this first-stage cermet cannot unpack compressed archives",
                             "finish the bootstrap: sh bootstrap.sh");
}
#else
struct CompressorCloser {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct DecompressorCloser {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
template <class T, class Closer>
class Owner {
   public:
    explicit Owner(T* p) : p_(p) {}
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() {
        if (p_ != nullptr) Closer()(p_);
    }
    T* get() const { return p_; }

   private:
    T* p_;
};
using Compressor = Owner<libdeflate_compressor, CompressorCloser>;
using Decompressor = Owner<libdeflate_decompressor, DecompressorCloser>;

Error broken(std::string_view what) { return project_error(cat("the compressed data is broken: ", what)); }
#endif

// The size a gzip member claims, bounded by what its length can expand to: never believed, only a first guess.
std::uint64_t first_guess(std::string_view bytes, std::uint64_t limit) {
    std::uint64_t claimed = 0;
    if (bytes.size() >= 4) {
        for (std::size_t i = 0; i < 4; ++i) {
            claimed |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[bytes.size() - 4 + i])) << (8 * i);
        }
    }
    std::uint64_t most = static_cast<std::uint64_t>(bytes.size()) * 1032 + 64;
    return std::min({std::max<std::uint64_t>(claimed, bytes.size()), most, limit});
}

}  // namespace deflate_detail

#ifdef CERMET_STAGE0

bool deflate_available() { return false; }

std::uint32_t crc32(std::string_view bytes, std::uint32_t start) {
    static const std::array<std::uint32_t, 256> table = deflate_detail::crc_table();
    std::uint32_t c = ~start;
    for (char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (c >> 8);
    return ~c;
}

std::string deflate(std::string_view, int) { return {}; }

Result<std::string> inflate(std::string_view, std::uint64_t) { return deflate_detail::no_library(); }

std::string gzip(std::string_view bytes, int) {
    std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    deflate_detail::stored_blocks(out, bytes);
    deflate_detail::little(out, crc32(bytes), 4);
    deflate_detail::little(out, static_cast<std::uint32_t>(bytes.size() & 0xFFFFFFFF), 4);
    return out;
}

Result<std::string> gunzip(std::string_view, std::uint64_t) { return deflate_detail::no_library(); }

#else

bool deflate_available() { return true; }

std::uint32_t crc32(std::string_view bytes, std::uint32_t start) {
    return libdeflate_crc32(start, bytes.data(), bytes.size());
}

std::string deflate(std::string_view bytes, int level) {
    if (bytes.size() < 2) return {};
    deflate_detail::Compressor compressor(libdeflate_alloc_compressor(std::clamp(level, 1, 12)));
    if (compressor.get() == nullptr) return {};
    std::string out(bytes.size() - 1, '\0');  // what does not fit is not worth compressing
    std::size_t size =
        libdeflate_deflate_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size());
    out.resize(size);
    if (out.capacity() > 2 * out.size()) out.shrink_to_fit();
    return out;
}

Result<std::string> inflate(std::string_view bytes, std::uint64_t size) {
    // Deflate cannot expand more than 1032 to 1: a larger promise is a lie, refused before memory is taken.
    if (size > static_cast<std::uint64_t>(bytes.size()) * 1032 + 64) {
        return deflate_detail::broken("it promises more than it can hold");
    }
    deflate_detail::Decompressor decompressor(libdeflate_alloc_decompressor());
    if (decompressor.get() == nullptr) return environment_error("out of memory");
    std::string out(size, '\0');
    std::size_t used = 0, made = 0;
    libdeflate_result result = libdeflate_deflate_decompress_ex(decompressor.get(), bytes.data(), bytes.size(),
                                                                out.data(), out.size(), &used, &made);
    if (result != LIBDEFLATE_SUCCESS || made != size) return deflate_detail::broken("wrong size or bad stream");
    if (used != bytes.size()) return deflate_detail::broken("bytes after its end");
    return out;
}

std::string gzip(std::string_view bytes, int level) {
    deflate_detail::Compressor compressor(libdeflate_alloc_compressor(std::clamp(level, 1, 12)));
    if (compressor.get() == nullptr) abort_bug("out of memory in gzip");
    std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
    out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
    // libdeflate writes no name and time 0; the system byte is fixed here whatever the library thinks.
    if (out.size() > 9) out[9] = static_cast<char>(0xFF);
    return out;
}

Result<std::string> gunzip(std::string_view bytes, std::uint64_t limit) {
    deflate_detail::Decompressor decompressor(libdeflate_alloc_decompressor());
    if (decompressor.get() == nullptr) return environment_error("out of memory");
    std::string all;
    bool first = true;
    while (first || !bytes.empty()) {
        if (!first && bytes.find_first_not_of('\0') == std::string_view::npos) break;
        std::uint64_t room = limit - all.size();
        std::uint64_t guess = std::max<std::uint64_t>(deflate_detail::first_guess(bytes, room), 1);
        for (;;) {
            std::size_t start = all.size(), used = 0, made = 0;
            all.resize(start + guess);
            libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(), bytes.data(), bytes.size(),
                                                                     all.data() + start, guess, &used, &made);
            if (result == LIBDEFLATE_SUCCESS) {
                if (made > room) return project_error(cat("the archive unpacks to more than ", limit, " bytes"));
                all.resize(start + made);
                bytes.remove_prefix(used);
                break;
            }
            all.resize(start);
            if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
                return deflate_detail::broken(first ? "not a gzip stream, or damaged" : "rubbish after its end");
            }
            if (guess >= room) return project_error(cat("the archive unpacks to more than ", limit, " bytes"));
            guess = std::min(room, guess * 2);
        }
        first = false;
    }
    return all;
}

#endif

}  // namespace cermet
