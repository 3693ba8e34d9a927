// Reading static libraries.
// SPDX-License-Identifier: MIT
#include "base/archive/ar.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace cermet {
namespace ar_detail {

constexpr std::string_view k_magic = "!<arch>\n";
constexpr std::string_view k_thin = "!<thin>\n";
constexpr std::size_t k_header = 60;

std::optional<std::size_t> number(std::string_view text) {
    text = trim(text);
    if (text.empty() || text.size() > 12) return std::nullopt;
    std::size_t value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::size_t>(c - '0');
    }
    return value;
}

bool is_symbol_table(std::string_view name) {
    return name == "/" || name == "/SYM64/" || name.substr(0, 9) == "__.SYMDEF";
}

// "/123" of GNU: at this place of the table of names; they end with "/\n".
std::string gnu_name(std::string_view table, std::string_view name) {
    const std::optional<std::size_t> at = number(name.substr(1));
    if (!at || *at >= table.size()) return {};
    const std::string_view rest = table.substr(*at);
    return std::string(rest.substr(0, std::min(rest.find('/'), rest.find('\n'))));
}

}  // namespace ar_detail

bool is_ar(std::string_view bytes) {
    return bytes.substr(0, 8) == ar_detail::k_magic || bytes.substr(0, 8) == ar_detail::k_thin;
}

Result<std::vector<ArMember>> read_ar(std::string_view bytes, std::string_view name) {
    using namespace ar_detail;
    std::vector<ArMember> members;
    if (bytes.substr(0, 8) == k_thin) return members;
    const auto broken = [name] { return project_error(cat(name, " is not a sound static library: it is cut short")); };
    if (bytes.substr(0, 8) != k_magic) return broken();
    std::string_view names;
    for (std::size_t at = k_magic.size(); at < bytes.size();) {
        if (bytes.size() - at < k_header) return broken();
        const std::string_view header = bytes.substr(at, k_header);
        const std::optional<std::size_t> size = number(header.substr(48, 10));
        at += k_header;
        if (!size || *size > bytes.size() - at || header.substr(58) != "`\n") return broken();
        std::string_view content = bytes.substr(at, *size);
        at += *size + (*size & 1U);
        std::string_view short_name = trim(header.substr(0, 16));
        if (short_name == "//") {
            names = content;
            continue;
        }
        ArMember member;
        if (short_name.substr(0, 3) == "#1/") {
            const std::optional<std::size_t> length = number(short_name.substr(3));
            if (!length || *length > content.size()) return broken();
            const std::string_view padded = content.substr(0, *length);
            member.name = padded.substr(0, padded.find('\0'));
            content.remove_prefix(*length);
        } else if (short_name.size() > 1 && short_name[0] == '/' && short_name[1] >= '0' && short_name[1] <= '9') {
            member.name = gnu_name(names, short_name);
        } else if (!is_symbol_table(short_name)) {
            member.name = short_name.substr(0, short_name.find('/'));
        }
        if (is_symbol_table(short_name) || is_symbol_table(member.name)) continue;
        member.bytes = content;
        members.push_back(std::move(member));
    }
    return members;
}

}  // namespace cermet
