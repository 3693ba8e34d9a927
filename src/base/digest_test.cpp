// Tests of SHA-256 (published vectors, OpenSSL, portable against CPU), of digests and of bytes.
// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"

namespace cermet {

namespace digest_detail {  // the block functions, to hold them against each other
using State = std::array<std::uint32_t, 8>;
void blocks_portable(State& state, const unsigned char* data, std::size_t blocks);
void process(State& state, const unsigned char* data, std::size_t blocks);
}  // namespace digest_detail

namespace digest_test {

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(static_cast<unsigned char>(random() & 0xff));
    return out;
}

// What OpenSSL's command says; empty where there is none.
std::string openssl_sha256(const std::string& file) {
    const std::string command = cat("openssl dgst -sha256 -r ", shell_quote(file), " 2>/dev/null");
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    char line[80] = {};
    const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
    ::pclose(pipe);
    return read ? std::string(line).substr(0, 64) : std::string();
}

}  // namespace digest_test

TEST_CASE("SHA-256 gives the published values (FIPS 180-4 examples, NIST CAVP)") {
    CHECK(digest_of("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest_of("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(digest_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmno"
                    "pqklmnopqr"
                    "lmnopqrsmnopqrstnopqrstu")
              .hex() == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(digest_of(std::string(1'000'000, 'a')).hex() ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes arrive") {
    std::mt19937_64 random(7);
    for (std::size_t size = 0; size < 300; ++size) {
        const std::string bytes = digest_test::random_bytes(random, size);
        const Digest whole = digest_of(bytes);
        Sha256 sha;
        for (std::size_t i = 0; i < size;) {
            const std::size_t n = std::min<std::size_t>(size - i, random() % 130);
            sha.update(std::string_view(bytes).substr(i, n));
            i += n;
        }
        CHECK(sha.finish() == whole);
        CHECK(whole.size == size);
    }
}

TEST_CASE("the portable block function and the CPU's agree") {
    std::mt19937_64 random(3);
    for (std::size_t blocks = 0; blocks < 40; ++blocks) {
        const std::string bytes = digest_test::random_bytes(random, 64 * blocks);
        const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
        digest_detail::State a = {1, 2, 3, 4, 5, 6, 7, 8}, b = a;
        digest_detail::blocks_portable(a, data, blocks);
        digest_detail::process(b, data, blocks);
        CHECK(a == b);
    }
}

TEST_CASE("SHA-256 agrees with OpenSSL on random files") {
    std::mt19937_64 random(42);
    char name[] = "/tmp/cermet-digest-XXXXXX";
    const int fd = ::mkstemp(name);
    REQUIRE(fd >= 0);
    for (int i = 0; i < 25; ++i) {
        const std::string bytes = digest_test::random_bytes(random, random() % 100'000);
        FILE* file = std::fopen(name, "wb");
        REQUIRE(file != nullptr);
        std::fwrite(bytes.data(), 1, bytes.size(), file);
        std::fclose(file);
        const std::string expected = digest_test::openssl_sha256(name);
        if (expected.empty()) break;  // no openssl here: the published values have to do
        CHECK(digest_of(bytes).hex() == expected);
    }
    std::remove(name);
}

TEST_CASE("a digest's text is read back, and only its one spelling") {
    const Digest d = digest_of("abc");
    Digest back;
    REQUIRE(Digest::parse(d.text(), back));
    CHECK(back == d);
    CHECK(d.text() == d.hex() + "/3");
    CHECK(d.short_hex() == "ba7816bf");
    CHECK_FALSE(d.empty_value());
    CHECK(Digest{}.empty_value());
    CHECK_FALSE(digest_of("").empty_value());
    for (const std::string& wrong :
         {std::string(), d.hex(), d.hex() + "/", upper(d.hex()) + "/3", d.hex() + "/03", d.hex() + "/-3",
          d.hex() + "/18446744073709551616", "g" + d.hex().substr(1) + "/3"}) {
        CHECK_FALSE(Digest::parse(wrong, back));
    }
    REQUIRE(Digest::parse(d.hex() + "/18446744073709551615", back));
    CHECK(back.size == UINT64_MAX);
}

TEST_CASE("hash64 is XXH3") {
    CHECK(hash64("") == 0x2d06800538d394c2ULL);  // the published value of the empty input with seed 0
    CHECK(hash64("a") != hash64("b"));
}

TEST_CASE("bytes are read back as written") {
    ByteWriter out;
    out.u8(200);
    out.u32(0x01020304);
    out.u64(0x1122334455667788ULL);
    for (const std::uint64_t v : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, UINT64_MAX}) {
        out.varint(v);
    }
    out.string("text\0with zero");
    out.string("");
    out.digest(digest_of("abc"));
    const std::string bytes = out.bytes();
    CHECK(bytes.substr(1, 4) == "\x04\x03\x02\x01");

    ByteReader in(bytes);
    CHECK(in.u8() == 200);
    CHECK(in.u32() == 0x01020304);
    CHECK(in.u64() == 0x1122334455667788ULL);
    CHECK(in.varint() == 0);
    CHECK(in.varint() == 127);
    CHECK(in.varint() == 128);
    CHECK(in.varint() == UINT64_MAX);
    CHECK(in.string() == "text");
    CHECK(in.string().empty());
    CHECK(in.digest() == digest_of("abc"));
    CHECK(in.ok());
    CHECK(in.at_end());

    for (std::size_t n = 0; n < bytes.size(); ++n) {  // every truncation is noticed, none reads past the end
        ByteReader cut(std::string_view(bytes).substr(0, n));
        cut.u8();
        cut.u32();
        cut.u64();
        for (int i = 0; i < 4; ++i) cut.varint();
        cut.string();
        cut.string();
        cut.digest();
        CHECK_FALSE(cut.ok());
    }
}

TEST_CASE("a varint of more than 64 bits is refused") {
    const std::string longest = std::string(9, '\xff') + '\x01';
    ByteReader fits(longest);
    CHECK(fits.varint() == UINT64_MAX);
    CHECK(fits.ok());
    const std::string over = std::string(9, '\xff') + '\x02';
    ByteReader too_big(over);
    CHECK(too_big.varint() == 0);
    CHECK_FALSE(too_big.ok());
    const std::string endless(20, '\x80');
    ByteReader never(endless);
    CHECK(never.varint() == 0);
    CHECK_FALSE(never.ok());
}

TEST_CASE("protobuf fields have protobuf's bytes, defaults are left out") {
    ProtoWriter out;
    out.varint_field(1, 150);
    out.varint_field(2, 0);
    out.bytes_field(2, "testing");
    out.bytes_field(3, "");
    out.message_field(4, "");
    CHECK(hex(out.bytes()) == "089601120774657374696e672200");
    ProtoWriter digest;
    digest.digest_field(1, digest_of(""));  // size 0 is a default
    CHECK(digest.bytes() == "\x0a\x42\x0a\x40" + digest_of("").hex());
}

}  // namespace cermet
