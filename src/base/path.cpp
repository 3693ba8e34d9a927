// Paths as text: all functions work on segments between slashes and never ask the file system.
// SPDX-License-Identifier: MIT
#include "base/path.h"

#include <algorithm>

#include "base/text.h"

namespace cermet {

namespace path_detail {

// The segments of a path that matter: no "", no ".", and ".." resolved where a segment stands
// before it.
std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> out;
    const bool absolute = is_absolute(path);
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            out.push_back(part);
        } else if (!out.empty() && out.back() != "..") {
            out.pop_back();
        } else if (!absolute) {
            out.push_back(part);  // "/.." is "/"
        }
    }
    return out;
}

std::string build(const std::vector<std::string_view>& parts, bool absolute) {
    std::string out = absolute ? "/" : "";
    for (const std::string_view part : parts) {
        if (!out.empty() && out.back() != '/') out.push_back('/');
        out.append(part);
    }
    return out.empty() ? "." : out;
}

std::size_t common_prefix(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
    const auto pair = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(pair.first - a.begin());
}

}  // namespace path_detail

bool is_absolute(std::string_view path) { return !path.empty() && path.front() == '/'; }

std::string join_path(std::string_view base, std::string_view part) {
    if (is_absolute(part) || base.empty()) return normalise(part);
    return normalise(cat(base, '/', part));
}

std::string normalise(std::string_view path) {
    return path_detail::build(path_detail::segments(path), is_absolute(path));
}

std::string_view parent(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {};
    return path.substr(0, slash == 0 ? 1 : slash);
}

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view extension(std::string_view path) {
    const std::string_view name = file_name(path);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || name == "..") return {};
    return name.substr(dot);
}

std::string_view stem(std::string_view path) {
    std::string_view name = file_name(path);
    name.remove_suffix(extension(name).size());
    return name;
}

bool is_within(std::string_view path, std::string_view directory) {
    if (is_absolute(path) != is_absolute(directory)) return false;
    const auto inner = path_detail::segments(path);
    const auto outer = path_detail::segments(directory);
    if (path_detail::common_prefix(outer, inner) != outer.size()) return false;
    return inner.size() == outer.size() || inner[outer.size()] != "..";
}

std::string relative_to(std::string_view path, std::string_view directory) {
    if (is_absolute(path) != is_absolute(directory)) return normalise(path);
    const auto target = path_detail::segments(path);
    const auto from = path_detail::segments(directory);
    const std::size_t common = path_detail::common_prefix(target, from);
    std::vector<std::string_view> out;
    for (std::size_t i = common; i < from.size(); ++i) {
        if (from[i] == "..") return normalise(path);  // no text names the way back down
        out.push_back("..");
    }
    for (std::size_t i = common; i < target.size(); ++i) out.push_back(target[i]);
    return path_detail::build(out, false);
}

std::string common_parent(const std::vector<std::string>& directories) {
    if (directories.empty()) return {};
    const bool absolute = is_absolute(directories.front());
    std::vector<std::string_view> common = path_detail::segments(directories.front());
    for (const std::string& directory : directories) {
        if (is_absolute(directory) != absolute) return {};
        common.resize(path_detail::common_prefix(common, path_detail::segments(directory)));
    }
    return path_detail::build(common, absolute);
}

}  // namespace cermet
