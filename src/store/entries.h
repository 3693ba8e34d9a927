// Entries: small values by (space, key), kept in one append-only log with an index in memory.
// SPDX-License-Identifier: MIT
//
// It knows no actions: a space is a short name ("action", "trace"), a key a digest, a value bytes. A *put* replaces; a
// *candidate* joins a list of which the newest are given first, each value once.
// Payload of one record (format 1): u8 op (1 put, 2 candidate) · u32 hours since 1970 · string space · digest key · value.
// The hour tells eviction when the entry was last known to be used: a use more than a week later writes it again.
// Compacted when the file is more than three times what lives. Thread-safe. Failures: Environment, from flush() and open().
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digest.h"
#include "store/append_log.h"

namespace cermet::store {

class Entries final : public LogVisitor {
   public:
    static Result<std::unique_ptr<Entries>> open(const std::string& path, Access access);

    // A miss looks once whether another process has appended meanwhile.
    std::optional<std::string> find(std::string_view space, const Digest& key);
    std::vector<std::string> candidates(std::string_view space, const Digest& key, std::size_t at_most);
    void put(std::string_view space, const Digest& key, std::string_view value);
    void add(std::string_view space, const Digest& key, std::string_view value);
    Status flush();
    // Drops what was last used before `oldest_hour`, then the oldest until at most `max_bytes` remain.
    Status expire(std::uint32_t oldest_hour, std::uint64_t max_bytes);
    std::uint64_t count();
    std::uint64_t file_bytes();
    static std::uint32_t current_hour();

    void reset() override;
    void record(std::string_view payload) override;

   private:
    static constexpr std::uint32_t k_none = UINT32_MAX;
    static constexpr std::uint32_t k_restamp_hours = 24 * 7;
    static constexpr std::size_t k_keep = 16;  // candidates of one key that outlive a compaction
    struct Address {
        std::uint32_t space = 0;
        Digest key;
        bool operator==(const Address&) const = default;
    };
    struct AddressHash {
        std::size_t operator()(const Address& a) const {
            return DigestHash()(a.key) ^ (a.space * 0x9E3779B97F4A7C15ULL);
        }
    };
    struct Item {  // one record; `older` chains the candidates of a key
        std::string_view value;
        std::uint32_t hour = 0;
        std::uint32_t older = k_none;
    };
    struct Slot {
        std::uint32_t newest = k_none;
        std::uint32_t length = 0;
    };
    using Index = std::unordered_map<Address, Slot, AddressHash>;

    Entries() = default;
    std::uint32_t space_id(std::string_view space);
    void append(std::uint8_t op, std::string_view space, const Digest& key, std::string_view value);
    const Slot* look_up(Index& index, std::string_view space, const Digest& key);
    // newest first, each value once
    std::vector<std::uint32_t> chain(const Slot& slot, std::size_t at_most) const;
    std::vector<std::string> live(std::uint32_t oldest_hour, std::uint64_t max_bytes) const;

    std::mutex mutex_;
    std::unique_ptr<AppendLog> log_;
    std::vector<std::string> spaces_;
    std::vector<Item> items_;
    Index puts_;
    Index lists_;
    std::uint64_t live_bytes_ = 0;
};

}  // namespace cermet::store
