// Entries: see entries.h.
// SPDX-License-Identifier: MIT
#include "store/entries.h"

#include <algorithm>
#include <unordered_set>

#include "base/bytes.h"
#include "base/clock.h"

namespace cermet::store {

namespace entries_detail {

constexpr std::uint8_t k_put = 1;
constexpr std::uint8_t k_candidate = 2;
constexpr std::uint64_t k_compact_above = 1 << 20;
constexpr std::uint64_t k_frame_bytes = 12 + 1 + 4 + 8 + 40;  // roughly, per record

std::string encode(std::uint8_t op, std::uint32_t hour, std::string_view space, const Digest& key,
                   std::string_view value) {
    ByteWriter out;
    out.u8(op);
    out.u32(hour);
    out.string(space);
    out.digest(key);
    std::string bytes = out.take();
    bytes.append(value);
    return bytes;
}

// Where the value begins in a payload; the reader cannot tell what is left.
std::size_t value_offset(std::string_view space, const Digest& key) {
    ByteWriter out;
    out.u8(0);
    out.u32(0);
    out.string(space);
    out.digest(key);
    return out.bytes().size();
}

}  // namespace entries_detail

std::uint32_t Entries::current_hour() { return static_cast<std::uint32_t>(wall_ns() / 3'600'000'000'000); }

Result<std::unique_ptr<Entries>> Entries::open(const std::string& path, Access access) {
    std::unique_ptr<Entries> entries(new Entries());
    TRY(log, AppendLog::open(path, "entries", 1, access, *entries));
    entries->log_ = std::move(log);
    return entries;
}

void Entries::reset() {
    spaces_.clear();
    items_.clear();
    puts_.clear();
    lists_.clear();
    live_bytes_ = 0;
}

std::uint32_t Entries::space_id(std::string_view space) {
    for (std::size_t i = 0; i < spaces_.size(); ++i) {
        if (spaces_[i] == space) return static_cast<std::uint32_t>(i);
    }
    spaces_.emplace_back(space);
    return static_cast<std::uint32_t>(spaces_.size() - 1);
}

void Entries::record(std::string_view payload) {
    ByteReader in(payload);
    const std::uint8_t op = in.u8();
    const std::uint32_t hour = in.u32();
    const std::string_view space = in.string_view();
    const Digest key = in.digest();
    if (!in.ok() || (op != entries_detail::k_put && op != entries_detail::k_candidate)) return;
    const std::size_t offset = entries_detail::value_offset(space, key);
    if (offset > payload.size()) return;  // a varint that is longer than it need be
    if (items_.size() >= k_none) return;
    Item item;
    item.value = payload.substr(offset);
    item.hour = hour;
    Address address;
    address.space = space_id(space);
    address.key = key;
    const auto index = static_cast<std::uint32_t>(items_.size());
    const std::uint64_t bytes = payload.size() + entries_detail::k_frame_bytes;
    if (op == entries_detail::k_put) {
        Slot& slot = puts_[address];
        if (slot.newest == k_none) {
            live_bytes_ += bytes;
        } else {
            const std::uint64_t old = items_[slot.newest].value.size();
            live_bytes_ = live_bytes_ + item.value.size() - std::min(old, live_bytes_);
        }
        slot.newest = index;
    } else {
        Slot& slot = lists_[address];
        item.older = slot.newest;
        slot.newest = index;
        if (++slot.length <= k_keep) live_bytes_ += bytes;
    }
    items_.push_back(item);
}

const Entries::Slot* Entries::look_up(Index& index, std::string_view space, const Digest& key) {
    for (int round = 0; round < 2; ++round) {
        Address address;
        address.space = space_id(space);
        address.key = key;
        const auto found = index.find(address);
        if (found != index.end()) return &found->second;
        if (round == 0 && !log_->refresh()) return nullptr;
    }
    return nullptr;
}

std::vector<std::uint32_t> Entries::chain(const Slot& slot, std::size_t at_most) const {
    std::vector<std::uint32_t> out;
    std::unordered_set<std::string_view> seen;
    for (std::uint32_t i = slot.newest; i != k_none && out.size() < at_most; i = items_[i].older) {
        if (seen.insert(items_[i].value).second) out.push_back(i);
    }
    return out;
}

void Entries::append(std::uint8_t op, std::string_view space, const Digest& key, std::string_view value) {
    log_->append(entries_detail::encode(op, current_hour(), space, key, value));
}

std::optional<std::string> Entries::find(std::string_view space, const Digest& key) {
    const std::lock_guard<std::mutex> hold(mutex_);
    const Slot* slot = look_up(puts_, space, key);
    if (slot == nullptr) return std::nullopt;
    const Item item = items_[slot->newest];
    std::string value(item.value);
    if (current_hour() > item.hour + k_restamp_hours) append(entries_detail::k_put, space, key, value);
    return value;
}

std::vector<std::string> Entries::candidates(std::string_view space, const Digest& key, std::size_t at_most) {
    const std::lock_guard<std::mutex> hold(mutex_);
    std::vector<std::string> out;
    const Slot* slot = look_up(lists_, space, key);
    if (slot == nullptr) return out;
    const std::vector<std::uint32_t> items = chain(*slot, at_most);
    for (const std::uint32_t i : items) out.emplace_back(items_[i].value);
    if (current_hour() > items_[slot->newest].hour + k_restamp_hours) {
        for (auto value = out.rbegin(); value != out.rend(); ++value)
            append(entries_detail::k_candidate, space, key, *value);
    }
    return out;
}

void Entries::put(std::string_view space, const Digest& key, std::string_view value) {
    const std::lock_guard<std::mutex> hold(mutex_);
    Address address;
    address.space = space_id(space);
    address.key = key;
    const auto found = puts_.find(address);
    if (found != puts_.end() && items_[found->second.newest].value == value &&
        current_hour() <= items_[found->second.newest].hour + k_restamp_hours) {
        return;
    }
    append(entries_detail::k_put, space, key, value);
}

void Entries::add(std::string_view space, const Digest& key, std::string_view value) {
    const std::lock_guard<std::mutex> hold(mutex_);
    Address address;
    address.space = space_id(space);
    address.key = key;
    const auto found = lists_.find(address);
    if (found != lists_.end() && items_[found->second.newest].value == value) return;
    append(entries_detail::k_candidate, space, key, value);
}

Status Entries::flush() {
    const std::lock_guard<std::mutex> hold(mutex_);
    TRY_VOID(log_->flush());
    if (log_->file_bytes() < entries_detail::k_compact_above || log_->file_bytes() < 3 * live_bytes_) return {};
    return log_->rewrite([this] { return live(0, UINT64_MAX); });
}

Status Entries::expire(std::uint32_t oldest_hour, std::uint64_t max_bytes) {
    const std::lock_guard<std::mutex> hold(mutex_);
    return log_->rewrite([this, oldest_hour, max_bytes] { return live(oldest_hour, max_bytes); });
}

// Oldest first, so that the order of candidates survives a replay.
std::vector<std::string> Entries::live(std::uint32_t oldest_hour, std::uint64_t max_bytes) const {
    struct Kept {
        std::uint32_t item;
        std::uint8_t op;
        const Address* address;
    };
    std::vector<Kept> kept;
    for (const auto& [address, slot] : puts_) kept.push_back({slot.newest, entries_detail::k_put, &address});
    for (const auto& [address, slot] : lists_) {
        for (const std::uint32_t i : chain(slot, k_keep)) kept.push_back({i, entries_detail::k_candidate, &address});
    }
    std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.item < b.item; });
    std::vector<std::string> out;
    std::uint64_t bytes = 0;
    for (auto k = kept.rbegin(); k != kept.rend(); ++k) {
        const Item& item = items_[k->item];
        if (item.hour < oldest_hour) continue;
        out.push_back(
            entries_detail::encode(k->op, item.hour, spaces_[k->address->space], k->address->key, item.value));
        bytes += out.back().size();
        if (bytes > max_bytes) {
            out.pop_back();
            break;
        }
    }
    std::reverse(out.begin(), out.end());
    return out;
}

std::uint64_t Entries::count() {
    const std::lock_guard<std::mutex> hold(mutex_);
    return puts_.size() + lists_.size();
}

std::uint64_t Entries::file_bytes() {
    const std::lock_guard<std::mutex> hold(mutex_);
    return log_->file_bytes();
}

}  // namespace cermet::store
