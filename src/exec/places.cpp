// Places, implemented: replacing known path prefixes in texts, in both directions.
// SPDX-License-Identifier: MIT
#include "exec/places.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"

namespace cermet::exec {

namespace places_detail {

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '+' || c == '@' || c == '~' || c == '%' || static_cast<unsigned char>(c) >= 0x80;
}

// Whether the slash at `at` starts a path: it may follow an option's letters ("-I/x"), but no other
// path segment.
bool starts_path(std::string_view text, std::size_t at) {
    constexpr std::size_t k_longest_segment = 256;
    if (at == 0) return true;
    if (text[at - 1] == '/') return at >= 3 && text.substr(at - 3, 3) == "://";
    std::size_t i = at;
    while (i > 0 && at - i < k_longest_segment && name_character(text[i - 1])) --i;
    return i == 0 || text[i - 1] != '/';
}

bool prefix_at(std::string_view text, std::size_t at, std::string_view prefix) {
    if (text.substr(at, prefix.size()) != prefix) return false;
    const std::size_t end = at + prefix.size();
    return end == text.size() || !name_character(text[end]);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

const std::pair<std::string, std::string>* longest(const Pairs& pairs, std::string_view text, std::size_t at) {
    for (const auto& pair : pairs) {
        if (prefix_at(text, at, pair.first)) return &pair;
    }
    return nullptr;
}

void insert(Pairs& pairs, std::string from, std::string to) {
    for (auto& pair : pairs) {
        if (pair.first == from) {
            pair.second = std::move(to);
            return;
        }
    }
    pairs.emplace_back(std::move(from), std::move(to));
    std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
        return a.first.size() != b.first.size() ? a.first.size() > b.first.size() : a.first < b.first;
    });
}

std::string replace_prefixes(const Pairs& pairs, std::string_view text) {
    std::string out;
    out.reserve(text.size() + 64);
    std::size_t done = 0;
    for (std::size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
        const auto* pair = longest(pairs, text, at);
        if (pair == nullptr || !starts_path(text, at)) continue;
        out.append(text, done, at - done);
        out.append(pair->second);
        done = at + pair->first.size();
        at = done == 0 ? 0 : done - 1;
    }
    out.append(text, done, text.size() - done);
    return out;
}

std::string without_keep(std::string text) {
    std::replace(text.begin(), text.end(), k_keep, '/');
    return text;
}

}  // namespace places_detail

std::string keep(std::string_view canonical) {
    std::string kept(canonical);
    if (!kept.empty() && kept.front() == '/') kept.front() = k_keep;
    return kept;
}

void Places::add(std::string canonical, std::string host) {
    std::lock_guard lock(mutex_);
    std::erase_if(inverse_, [&](const auto& pair) { return pair.second == canonical; });
    places_detail::insert(inverse_, host, canonical);
    places_detail::insert(map_, std::move(canonical), std::move(host));
}

std::string Places::render_with_map(std::string_view text) const {
    std::lock_guard lock(mutex_);
    return places_detail::without_keep(places_detail::replace_prefixes(map_, text));
}

std::string Places::render(std::string_view text) const {
    if (mode == RootMode::Mount) return places_detail::without_keep(std::string(text));
    return render_with_map(text);
}

std::string Places::render_outside(std::string_view text) const { return render_with_map(text); }

std::string Places::host(std::string_view canonical) const {
    if (mode == RootMode::Mount) return std::string(canonical);
    return host_outside(canonical);
}

std::string Places::host_outside(std::string_view canonical) const {
    std::lock_guard lock(mutex_);
    for (const auto& [place, real] : map_) {
        if (is_within(canonical, place)) return real + std::string(canonical.substr(place.size()));
    }
    return std::string(canonical);
}

std::string Places::canonical(std::string_view host) const {
    std::lock_guard lock(mutex_);
    for (const auto& [real, place] : inverse_) {
        if (is_within(host, real)) return place + std::string(host.substr(real.size()));
    }
    return std::string(host);
}

std::string Places::canonical_text(std::string_view text) const {
    std::lock_guard lock(mutex_);
    return places_detail::replace_prefixes(inverse_, text);
}

std::vector<std::pair<std::string, std::string>> Places::all() const {
    std::lock_guard lock(mutex_);
    return map_;
}

}  // namespace cermet::exec
