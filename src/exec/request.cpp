// Requests: the leaves of a finished command with their stats, and the check that all still hold.
// SPDX-License-Identifier: MIT
//
// File <root>/request/<hex of the key>: a log header, then one record (base/log_record.h) with the
// answer and all leaves. Names are real paths, so that the check needs no places. A stamp too young
// to be trusted (git's racy rule) is not kept: such a file is hashed. Place leaves are not kept:
// the root they speak of is this one.
#include <atomic>
#include <thread>

#include "base/bytes.h"
#include "base/log_record.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor_state.h"
#include "platform/os.h"

namespace cermet::exec {

namespace request_detail {

constexpr std::string_view k_kind = "request";
constexpr int k_version = 1;
constexpr std::int64_t k_too_young_ns = 50'000'000;
constexpr std::size_t k_leaves_per_thread = 1500;

struct Stamp {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    bool operator==(const Stamp&) const = default;
    bool known() const { return inode != 0; }
};

struct Entry {
    Leaf::Type type = Leaf::Type::File;
    std::string name;  // a real path where the type has one
    std::string value;
    Stamp stamp;
};

Stamp stamp_of(const std::string& path) {
    const platform::FileInfo info = platform::stat_file(path);
    if (info.kind == platform::FileKind::Absent) return {};
    return Stamp{info.inode, info.size, info.mtime_ns, info.ctime_ns};
}

bool young(const Stamp& stamp, std::int64_t now_ns) {
    return stamp.mtime_ns >= now_ns - k_too_young_ns || stamp.ctime_ns >= now_ns - k_too_young_ns;
}

std::string file_of(const std::string& root, const std::string& key) {
    return cat(root, "/request/", digest_of(key).hex());
}

std::string encode(std::string_view answer, const std::vector<Entry>& entries) {
    ByteWriter out;
    out.string(answer);
    out.varint(entries.size());
    for (const Entry& entry : entries) {
        out.u8(static_cast<std::uint8_t>(entry.type));
        out.string(entry.name);
        out.string(entry.value);
        out.u64(entry.stamp.inode);
        out.u64(entry.stamp.size);
        out.u64(static_cast<std::uint64_t>(entry.stamp.mtime_ns));
        out.u64(static_cast<std::uint64_t>(entry.stamp.ctime_ns));
    }
    return log_header(k_kind, k_version) + log_record(out.bytes());
}

bool decode(std::string_view bytes, std::string& answer, std::vector<Entry>& entries) {
    LogReader reader(bytes, k_kind, k_version);
    std::string_view payload;
    if (!reader.header_ok() || !reader.next(payload)) return false;
    ByteReader in(payload);
    answer = in.string();
    const std::uint64_t count = in.varint();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        Entry entry;
        const std::uint8_t type = in.u8();
        if (type > static_cast<std::uint8_t>(Leaf::Type::Place)) return false;
        entry.type = static_cast<Leaf::Type>(type);
        entry.name = in.string();
        entry.value = in.string();
        entry.stamp.inode = in.u64();
        entry.stamp.size = in.u64();
        entry.stamp.mtime_ns = static_cast<std::int64_t>(in.u64());
        entry.stamp.ctime_ns = static_cast<std::int64_t>(in.u64());
        entries.push_back(std::move(entry));
    }
    return in.ok() && in.at_end();
}

// Answers for real paths: what World does for canonical ones.
class Present {
   public:
    Present(store::Store& store, const std::map<std::string, std::string>& user, FactSource* facts)
        : user_(user), facts_(facts), world_(store, no_places_, user) {}

    bool holds(const Entry& entry) {
        switch (entry.type) {
            case Leaf::Type::File:
            case Leaf::Type::Tool:
            case Leaf::Type::Listing:
                if (entry.stamp.known() && stamp_of(entry.name) == entry.stamp) return true;
                return world_.holds(Leaf{entry.type, entry.name, entry.value});
            case Leaf::Type::Absent:
                if (entry.stamp.known() && stamp_of(entry.name) == entry.stamp) return true;  // of its directory
                return world_.holds(Leaf{entry.type, entry.name, entry.value});
            case Leaf::Type::Env: {
                auto found = user_.find(entry.name);
                return digest_of(found == user_.end() ? std::string(k_absent) : "=" + found->second).hex() ==
                       entry.value;
            }
            case Leaf::Type::Fact: return fact_holds(entry);
            case Leaf::Type::Place:
            case Leaf::Type::Asked:
            case Leaf::Type::Answer: return true;
        }
        return false;
    }

   private:
    bool fact_holds(const Entry& entry) {
        if (entry.name.compare(0, 5, "kind:") == 0 || entry.name.compare(0, 8, "program:") == 0 ||
            entry.name.compare(0, 10, "variables:") == 0) {
            return world_.holds(Leaf{entry.type, entry.name, entry.value});
        }
        std::lock_guard lock(facts_mutex_);
        if (facts_ == nullptr) return false;
        std::optional<std::string> now = facts_->fact(entry.name);
        return now.value_or(std::string(k_absent)) == entry.value;
    }

    Places no_places_;
    const std::map<std::string, std::string>& user_;
    FactSource* facts_;
    std::mutex facts_mutex_;
    World world_;
};

std::string difference(const Entry& entry) {
    switch (entry.type) {
        case Leaf::Type::File: return entry.name + " changed";
        case Leaf::Type::Tool: return "the program " + entry.name + " changed";
        case Leaf::Type::Absent: return "something new is at " + entry.name;
        case Leaf::Type::Listing: return "the files in " + entry.name + " changed";
        case Leaf::Type::Env: return "the environment variable " + entry.name + " changed";
        case Leaf::Type::Fact: return entry.name + " changed";
        case Leaf::Type::Place:
        case Leaf::Type::Asked:
        case Leaf::Type::Answer: break;
    }
    return entry.name;
}

// The index of the first entry that does not hold, or the number of entries.
std::size_t first_difference(Present& present, const std::vector<Entry>& entries) {
    std::atomic<std::size_t> first{entries.size()};
    auto check = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to && i < first; ++i) {
            if (present.holds(entries[i])) continue;
            std::size_t seen = first;
            while (i < seen && !first.compare_exchange_weak(seen, i)) {
            }
            return;
        }
    };
    const std::size_t cores = static_cast<std::size_t>(platform::cpu_count());
    const std::size_t threads = std::min(cores, entries.size() / k_leaves_per_thread + 1);
    const std::size_t share = entries.size() / threads + 1;
    std::vector<std::thread> helpers;
    for (std::size_t t = 1; t < threads; ++t) {
        helpers.emplace_back([&, t] { check(t * share, std::min(entries.size(), (t + 1) * share)); });
    }
    check(0, std::min(entries.size(), share));
    for (std::thread& helper : helpers) helper.join();
    return first;
}

// A mirror shows what the checkout had when it was made. What is new there is seen in the checkout's own directories: those
// that were listed, and where something was not found. False: one that was listed changed after the mirror was made.
bool add_mirrored(const Executor::State& state, std::int64_t now, std::vector<Entry>& entries) {
    if (!state.mirror.active()) return true;
    for (const Leaf& leaf : state.book.all()) {
        const bool listed = leaf.type == Leaf::Type::Listing;
        if (!is_within(leaf.name, k_ws) || (!listed && leaf.type != Leaf::Type::Absent)) continue;
        Entry entry;
        entry.type = leaf.type;
        entry.name = join_path(state.options.checkout, relative_to(leaf.name, k_ws));
        if (entry.name == state.host(leaf.name)) continue;
        entry.value = listed ? World::listing_value_of(entry.name) : leaf.value;
        if (listed) entry.stamp = stamp_of(entry.name);
        if (entry.stamp.ctime_ns >= state.mirrored_ns) return false;
        if (young(entry.stamp, now)) entry.stamp = Stamp();
        // What git ignores is in no mirror.
        if (!listed && leaf.value == k_absent && platform::exists(entry.name)) continue;
        entries.push_back(std::move(entry));
    }
    return true;
}

}  // namespace request_detail

Status Executor::save_request(const std::string& key, std::string_view answer) {
    using namespace request_detail;
    const std::int64_t now = file_clock_ns();
    std::vector<Entry> entries;
    state_->world.forget();  // what was remembered may be older than a change
    for (const Leaf& leaf : state_->book.all()) {
        if (leaf.type == Leaf::Type::Place || leaf.type == Leaf::Type::Asked) continue;
        Entry entry;
        entry.type = leaf.type;
        entry.name = leaf.name;
        entry.value = leaf.value;
        const bool path = leaf.type != Leaf::Type::Env && leaf.type != Leaf::Type::Fact;
        if (path) {
            entry.name = state_->host(leaf.name);
            const bool whole_directory = leaf.value.compare(0, k_absent_in.size(), k_absent_in) == 0;
            if (leaf.type != Leaf::Type::Absent || whole_directory) entry.stamp = stamp_of(entry.name);
            if (young(entry.stamp, now)) entry.stamp = Stamp();
            // A leaf that changed while the build ran: the answer is already old, nothing may vouch
            // for it.
            if (!state_->world.holds(leaf)) return platform::remove_file(file_of(state_->options.root, key));
        } else if (leaf.type == Leaf::Type::Env) {
            entry.value = digest_of(leaf.value).hex();  // no values of the user's environment on disk
        } else if (leaf.name.compare(0, 5, "kind:") == 0) {
            entry.name = "kind:" + state_->host(leaf.name.substr(5));
        }
        entries.push_back(std::move(entry));
    }
    const std::string path = file_of(state_->options.root, key);
    if (!add_mirrored(*state_, now, entries)) return platform::remove_file(path);
    TRY_VOID(platform::make_directories(std::string(parent(path))));
    return platform::write_file_atomic(path, encode(answer, entries));
}

RequestCheck Executor::check_request(store::Store& store, const std::string& root, const std::string& key,
                                     const std::map<std::string, std::string>& user, FactSource* facts) {
    using namespace request_detail;
    RequestCheck check;
    Result<platform::MappedFile> file = platform::MappedFile::open(file_of(root, key));
    std::vector<Entry> entries;
    if (!file.ok() || !decode(file->bytes(), check.answer, entries)) return check;
    check.known = true;
    check.leaves = entries.size();
    Present present(store, user, facts);
    const std::size_t different = first_difference(present, entries);
    check.holds = different == entries.size();
    if (!check.holds) check.difference = difference(entries[different]);
    return check;
}

std::vector<Leaf> Executor::saved_leaves(const std::string& root, const std::string& key) {
    using namespace request_detail;
    std::vector<Leaf> leaves;
    Result<platform::MappedFile> file = platform::MappedFile::open(file_of(root, key));
    std::vector<Entry> entries;
    std::string answer;
    if (!file.ok() || !decode(file->bytes(), answer, entries)) return leaves;
    for (Entry& entry : entries) leaves.push_back({entry.type, std::move(entry.name), std::move(entry.value)});
    return leaves;
}

std::vector<std::string> Executor::saved_files(const std::string& root, const std::string& key) {
    std::vector<std::string> files;
    for (const Leaf& leaf : saved_leaves(root, key)) {
        if (leaf.type == Leaf::Type::File && leaf.value != k_absent) files.push_back(leaf.name);
    }
    return files;
}

}  // namespace cermet::exec
