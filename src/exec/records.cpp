// Traces, results, marks and step memories as bytes, and the comparison of two memories.
// SPDX-License-Identifier: MIT
#include "exec/records.h"

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/conversation.h"
#include "exec/places.h"

namespace cermet::exec {

namespace records_detail {

constexpr std::uint8_t k_version = 1;
using Map = std::map<std::string, std::string>;

void write_leaves(ByteWriter& out, const std::vector<Leaf>& leaves) {
    out.varint(leaves.size());
    for (const Leaf& leaf : leaves) {
        out.u8(static_cast<std::uint8_t>(leaf.type));
        out.string(leaf.name);
        out.string(leaf.value);
    }
}

std::vector<Leaf> read_leaves(ByteReader& in) {
    std::vector<Leaf> leaves;
    const std::uint64_t count = in.varint();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        Leaf leaf;
        const std::uint8_t type = in.u8();
        leaf.type = static_cast<Leaf::Type>(type <= static_cast<std::uint8_t>(Leaf::Type::Answer) ? type : 0);
        leaf.name = in.string();
        leaf.value = in.string();
        leaves.push_back(std::move(leaf));
    }
    return leaves;
}

void write_map(ByteWriter& out, const Map& map) {
    out.varint(map.size());
    for (const auto& [name, value] : map) {
        out.string(name);
        out.string(value);
    }
}

Map read_map(ByteReader& in) {
    Map map;
    const std::uint64_t count = in.varint();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        std::string name = in.string();
        map.insert_or_assign(std::move(name), in.string());
    }
    return map;
}

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
    out.varint(texts.size());
    for (const std::string& text : texts) out.string(text);
}

std::vector<std::string> read_texts(ByteReader& in) {
    std::vector<std::string> texts;
    const std::uint64_t count = in.varint();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) texts.push_back(in.string());
    return texts;
}

class Differences {
   public:
    void add(std::string line) {
        if (lines_.size() < k_max_differences) {
            lines_.push_back(std::move(line));
        } else {
            ++more_;
        }
    }
    std::vector<std::string> take() {
        if (more_ > 0) lines_.push_back(cat("and ", more_, " more"));
        return std::move(lines_);
    }

   private:
    std::vector<std::string> lines_;
    std::uint64_t more_ = 0;
};

std::string shown(const std::string& value) {
    constexpr std::size_t k_longest = 120;
    return value.size() <= k_longest ? value : value.substr(0, k_longest) + "…";
}

template <class Say>
void compare_maps(const Map& before, const Map& now, const Say& say) {
    for (const auto& [name, value] : now) {
        auto old = before.find(name);
        if (old == before.end()) {
            say(name, nullptr, &value);
        } else if (old->second != value) {
            say(name, &old->second, &value);
        }
    }
    for (const auto& [name, value] : before) {
        if (now.count(name) == 0) say(name, &value, nullptr);
    }
}

// Outputs of other steps are told by the step's name, not by where they lie.
std::string told(const std::string& path) {
    for (const std::string_view place : {k_out, k_shared}) {
        if (!is_within(path, place) || path == place) continue;
        const std::string rest = path.substr(place.size() + 1);
        const std::size_t slash = rest.find('/');
        if (slash != std::string::npos) return cat(rest.substr(slash + 1), " of ", rest.substr(0, slash));
    }
    return path;
}

void compare_arguments(const StepMemory& before, const StepMemory& now, Differences& out) {
    if (before.argv == now.argv) return;
    std::map<std::string, int> counts;
    for (const std::string& argument : before.argv) --counts[argument];
    for (const std::string& argument : now.argv) ++counts[argument];
    bool said = false;
    for (const auto& [argument, count] : counts) {
        if (count == 0) continue;
        out.add(cat(count > 0 ? "argument added: " : "argument gone: ", shown(argument)));
        said = true;
    }
    if (!said) out.add("the order of the arguments changed");
}

std::string leaf_difference(const Leaf& leaf, const std::string* before, const std::string* now) {
    switch (leaf.type) {
        case Leaf::Type::File:
            if (now == nullptr) return cat("file ", told(leaf.name), " is no longer read");
            if (*now == "absent") return cat("file ", told(leaf.name), " is gone");
            return cat("file ", told(leaf.name), before == nullptr ? " is read now" : " changed");
        case Leaf::Type::Absent: return cat("something new appeared at ", leaf.name);
        case Leaf::Type::Listing: return cat("the files in ", leaf.name, " changed");
        case Leaf::Type::Env:
            return cat("environment ", leaf.name, ": ", before == nullptr ? "?" : shown(*before), " -> ",
                       now == nullptr ? "?" : shown(*now));
        case Leaf::Type::Tool: return cat("tool ", leaf.name, " changed");
        case Leaf::Type::Fact: return cat(leaf.name, " changed");
        case Leaf::Type::Asked: return cat(leaf.name, " is asked for");
        case Leaf::Type::Answer: return cat("the answer changed to ", leaf.name.substr(k_turn_digits + 1));
        case Leaf::Type::Place:
            // Kept, not rendered: what the step saw is meant, in whichever mode that was.
            return cat("it holds a real path: ", before == nullptr ? std::string("?") : keep(*before), " before, ",
                       now == nullptr ? std::string("?") : keep(*now), " here");
    }
    return "?";
}

void compare_leaves(const StepMemory& before, const StepMemory& now, Differences& out) {
    using Key = std::pair<Leaf::Type, std::string>;
    std::map<Key, const Leaf*> old;
    for (const Leaf& leaf : before.leaves) old.emplace(Key(leaf.type, leaf.name), &leaf);
    for (const Leaf& leaf : now.leaves) {
        auto found = old.find(Key(leaf.type, leaf.name));
        if (found != old.end() && found->second->value != leaf.value) {
            out.add(leaf_difference(leaf, &found->second->value, &leaf.value));
        }
    }
}

}  // namespace records_detail

std::string encode_leaves(const std::vector<Leaf>& leaves) {
    ByteWriter out;
    out.u8(records_detail::k_version);
    records_detail::write_leaves(out, leaves);
    return out.take();
}

std::optional<std::vector<Leaf>> decode_leaves(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.u8() != records_detail::k_version) return std::nullopt;
    std::vector<Leaf> leaves = records_detail::read_leaves(in);
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return leaves;
}

std::string encode_outcome(const Outcome& outcome) {
    ByteWriter out;
    out.u8(records_detail::k_version);
    out.string(outcome.directory);
    out.varint(outcome.files.size());
    for (const OutputFile& file : outcome.files) {
        out.string(file.path);
        out.digest(file.digest);
        out.u8(file.executable ? 1 : 0);
    }
    records_detail::write_texts(out, outcome.empty_directories);
    out.digest(outcome.stdout_digest);
    out.digest(outcome.stderr_digest);
    records_detail::write_leaves(out, outcome.leaves);
    return out.take();
}

std::optional<Outcome> decode_outcome(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.u8() != records_detail::k_version) return std::nullopt;
    Outcome outcome;
    outcome.directory = in.string();
    const std::uint64_t count = in.varint();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        OutputFile file;
        file.path = in.string();
        file.digest = in.digest();
        file.executable = in.u8() != 0;
        outcome.files.push_back(std::move(file));
    }
    outcome.empty_directories = records_detail::read_texts(in);
    outcome.stdout_digest = in.digest();
    outcome.stderr_digest = in.digest();
    outcome.leaves = records_detail::read_leaves(in);
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return outcome;
}

std::string encode_mark(const OkMark& mark) {
    ByteWriter out;
    out.u8(records_detail::k_version);
    out.digest(mark.action);
    out.digest(mark.outputs);
    out.u64(hash64(out.bytes()));
    return out.take();
}

std::optional<OkMark> decode_mark(std::string_view bytes) {
    if (bytes.size() < 8) return std::nullopt;
    const std::string_view body = bytes.substr(0, bytes.size() - 8);
    ByteReader sum(bytes.substr(body.size()));
    if (sum.u64() != hash64(body)) return std::nullopt;
    ByteReader in(body);
    if (in.u8() != records_detail::k_version) return std::nullopt;
    OkMark mark;
    mark.action = in.digest();
    mark.outputs = in.digest();
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return mark;
}

StepMemory remember(const Action& action, const std::map<std::string, std::string>& env) {
    StepMemory memory;
    memory.argv = action.argv;
    memory.env = env;
    memory.platform = action.platform;
    for (const Input& input : action.inputs) {
        const bool may_be_read = input.kind == InputKind::Offered;  // when it was, it is a leaf
        memory.inputs.insert_or_assign(input.path, may_be_read ? std::string("offered") : input.digest.text());
    }
    ByteWriter rest;
    rest.string(action.cwd);
    rest.string(action.worker_request);
    rest.string(action.discovery_file);
    for (const Output& output : action.outputs) rest.string(output.path);
    memory.rest = digest_of(rest.bytes()).hex();
    return memory;
}

std::string encode_memory(const StepMemory& memory) {
    using namespace records_detail;
    ByteWriter out;
    out.u8(k_version);
    write_texts(out, memory.argv);
    write_map(out, memory.env);
    write_map(out, memory.platform);
    write_map(out, memory.inputs);
    write_leaves(out, memory.leaves);
    out.string(memory.rest);
    out.digest(memory.outputs);
    out.string(memory.why);
    return out.take();
}

std::optional<StepMemory> decode_memory(std::string_view bytes) {
    using namespace records_detail;
    ByteReader in(bytes);
    if (in.u8() != k_version) return std::nullopt;
    StepMemory memory;
    memory.argv = read_texts(in);
    memory.env = read_map(in);
    memory.platform = read_map(in);
    memory.inputs = read_map(in);
    memory.leaves = read_leaves(in);
    memory.rest = in.string();
    memory.outputs = in.digest();
    memory.why = in.string();
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return memory;
}

std::vector<std::string> differences(const StepMemory& before, const StepMemory& now) {
    using namespace records_detail;
    Differences out;
    auto add = [&](std::string line) { out.add(std::move(line)); };
    compare_maps(before.inputs, now.inputs,
                 [&](const std::string& path, const std::string* old, const std::string* neu) {
                     add(cat("input ", told(path),
                             old == nullptr   ? " is new"
                             : neu == nullptr ? " is no longer used"
                                              : " changed"));
                 });
    compare_leaves(before, now, out);
    compare_maps(before.env, now.env, [&](const std::string& name, const std::string* old, const std::string* neu) {
        add(cat("environment ", name, ": ", old == nullptr ? std::string("unset") : shown(*old), " -> ",
                neu == nullptr ? std::string("unset") : shown(*neu)));
    });
    compare_maps(before.platform, now.platform,
                 [&](const std::string& name, const std::string*, const std::string*) { add(cat(name, " changed")); });
    compare_arguments(before, now, out);
    std::vector<std::string> lines = out.take();
    if (lines.empty() && before.rest != now.rest) lines.push_back("what it is asked to do changed");
    return lines;
}

}  // namespace cermet::exec
