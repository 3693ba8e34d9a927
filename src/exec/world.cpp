// The present state of leaves.
// SPDX-License-Identifier: MIT
#include "exec/world.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::exec {

bool World::changes_while_building(const std::string& path) {
    return is_within(path, k_out) || is_within(path, k_shared) || is_within(path, k_tmp);
}

std::optional<Digest> World::digest(const std::string& path) {
    const bool remember = !changes_while_building(path);
    if (remember) {
        std::lock_guard lock(mutex_);
        auto found = digests_.find(path);
        if (found != digests_.end()) return found->second;
    }
    std::optional<Digest> answer;
    const std::string host = places_.host_outside(path);
    if (platform::is_file(host)) {
        Result<Digest> digest = store_.file_digest(host);
        if (digest.ok()) answer = *digest;
    }
    if (remember) {
        std::lock_guard lock(mutex_);
        digests_.insert_or_assign(path, answer);
    }
    return answer;
}

std::shared_ptr<const World::Names> World::names_in(const std::string& directory) {
    const bool remember = !changes_while_building(directory);
    if (remember) {
        std::lock_guard lock(mutex_);
        auto found = names_.find(directory);
        if (found != names_.end()) return found->second;
    }
    auto names = std::make_shared<Names>();
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_any_names(places_.host_outside(directory));
    if (entries.ok()) {
        for (platform::DirectoryEntry& entry : *entries) names->insert(std::move(entry.name));
    }
    if (remember) {
        std::lock_guard lock(mutex_);
        names_.insert_or_assign(directory, names);
    }
    return names;
}

std::string World::current_absence(const Leaf& leaf) {
    if (leaf.value.compare(0, k_absent_in.size(), k_absent_in) != 0) {
        return platform::exists(places_.host_outside(leaf.name)) ? "present" : std::string(k_absent);
    }
    std::shared_ptr<const Names> names = names_in(leaf.name);
    if (names->empty()) return leaf.value;
    const std::string_view wanted = std::string_view(leaf.value).substr(k_absent_in.size());
    for (const std::string& name : split(wanted, '\n')) {
        if (names->count(name) > 0) return "present " + name;
    }
    return leaf.value;
}

SourceKind World::kind_of(const std::string& host) {
    switch (platform::stat_file(host).kind) {
        case platform::FileKind::File: return SourceKind::File;
        case platform::FileKind::Directory: return SourceKind::Directory;
        case platform::FileKind::Absent:
        case platform::FileKind::Symlink:
        case platform::FileKind::Other: return SourceKind::Absent;
    }
    return SourceKind::Absent;
}

SourceKind World::kind(const std::string& path) const { return kind_of(places_.host_outside(path)); }

std::string World::kind_text(SourceKind kind) {
    switch (kind) {
        case SourceKind::File: return "file";
        case SourceKind::Directory: return "directory";
        case SourceKind::Absent: return std::string(k_absent);
    }
    return "?";
}

namespace world_detail {

// A link to a directory that holds the link: whoever walks the tree would not come to an end.
bool leads_back(const std::string& directory, const std::string& name) {
    const Result<std::string> here = platform::real_path(directory);
    const Result<std::string> there = platform::real_path(join_path(directory, name));
    return here.ok() && there.ok() && is_within(*here, *there);
}

std::vector<SourceEntry> list_host(const std::string& host, bool& there) {
    std::vector<SourceEntry> entries;
    Result<std::vector<platform::DirectoryEntry>> found = platform::list_any_names(host);
    there = found.ok();
    if (!there) return entries;
    for (platform::DirectoryEntry& entry : *found) {
        SourceEntry made;
        made.kind = entry.kind == platform::FileKind::Directory ? SourceKind::Directory
                    : entry.kind == platform::FileKind::File    ? SourceKind::File
                                                                : World::kind_of(join_path(host, entry.name));
        if (entry.kind == platform::FileKind::Symlink && made.kind == SourceKind::Directory &&
            leads_back(host, entry.name)) {
            made.kind = SourceKind::Absent;
        }
        made.name = std::move(entry.name);
        entries.push_back(std::move(made));
    }
    return entries;
}

}  // namespace world_detail

std::vector<SourceEntry> World::list(const std::string& path) const {
    bool there = false;
    return world_detail::list_host(places_.host_outside(path), there);
}

std::string World::listing_value(const std::vector<SourceEntry>& entries) {
    ByteWriter bytes;
    for (const SourceEntry& entry : entries) {
        bytes.string(entry.name);
        bytes.u8(static_cast<std::uint8_t>(entry.kind));
    }
    return digest_of(bytes.bytes()).text();
}

std::string World::listing_value_of(const std::string& host) {
    bool there = false;
    std::vector<SourceEntry> entries = world_detail::list_host(host, there);
    return there ? listing_value(entries) : std::string(k_absent);
}

std::string World::program_path(const std::string& name, const std::map<std::string, std::string>& user) {
    auto path = user.find("PATH");
    std::optional<std::string> found =
        platform::find_program(name, path == user.end() ? std::string("/usr/local/bin:/usr/bin:/bin") : path->second);
    return found ? *found : std::string(k_absent);
}

std::vector<std::string> World::variables(std::string_view patterns, const std::map<std::string, std::string>& user) {
    const std::vector<std::string> all = split(patterns, ' ');
    std::vector<std::string> found;
    for (const auto& [name, value] : user) {
        const std::string_view text = name;
        const bool fits = std::any_of(all.begin(), all.end(), [&](std::string_view pattern) {
            if (pattern.empty() || pattern.back() != '*') return text == pattern;
            return text.substr(0, pattern.size() - 1) == pattern.substr(0, pattern.size() - 1);
        });
        if (fits) found.push_back(name);
    }
    return found;
}

std::string World::current(const Leaf& leaf) {
    switch (leaf.type) {
        case Leaf::Type::File:
        case Leaf::Type::Tool: {
            std::optional<Digest> now = digest(leaf.name);
            return now ? now->text() : std::string(k_absent);
        }
        case Leaf::Type::Absent: return current_absence(leaf);
        case Leaf::Type::Listing: return listing_value_of(places_.host_outside(leaf.name));
        case Leaf::Type::Env: {
            auto found = user_.find(leaf.name);
            return found == user_.end() ? std::string(k_absent) : "=" + found->second;
        }
        case Leaf::Type::Place: return places_.render(leaf.name);
        case Leaf::Type::Asked:
        case Leaf::Type::Answer: return {};
        case Leaf::Type::Fact: {
            constexpr std::string_view k_kind = "kind:";
            constexpr std::string_view k_program = "program:";
            constexpr std::string_view k_variables = "variables:";
            if (leaf.name.compare(0, k_variables.size(), k_variables) == 0) {
                return join(variables(std::string_view(leaf.name).substr(k_variables.size()), user_), " ");
            }
            if (leaf.name.compare(0, k_program.size(), k_program) == 0) {
                return program_path(leaf.name.substr(k_program.size()), user_);
            }
            if (leaf.name.compare(0, k_kind.size(), k_kind) != 0) return "unknown";
            return kind_text(kind(leaf.name.substr(k_kind.size())));
        }
    }
    return "unknown";
}

void World::forget() {
    std::lock_guard lock(mutex_);
    digests_.clear();
    names_.clear();
}

void World::forget_file(const std::string& path) {
    std::lock_guard lock(mutex_);
    digests_.erase(path);
    names_.erase(std::string(parent(path)));
}

void World::forget_below(const std::string& host_directory) {
    const std::string place = places_.canonical(host_directory);
    std::lock_guard lock(mutex_);
    auto below = [&](const auto& entry) {
        return is_within(entry.first, place) || is_within(entry.first, host_directory);
    };
    std::erase_if(digests_, below);
    std::erase_if(names_, below);
}

}  // namespace cermet::exec
