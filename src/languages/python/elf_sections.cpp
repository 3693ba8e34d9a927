// ELF files read by their section headers.
// SPDX-License-Identifier: MIT
#include "languages/python/elf_sections.h"

#include <optional>

#include "base/lists.h"
#include "base/text.h"
#include "languages/python/elf.h"

namespace cermet::python {
namespace elf_sections_detail {

constexpr std::uint64_t k_max_sections = 1'000'000;  // -ffunction-sections makes many
constexpr std::uint64_t k_symbol_table = 2;

struct Section {
    std::uint64_t name = 0;
    std::uint64_t type = 0;
    std::uint64_t link = 0;
    std::string_view bytes;
};

class Reader {
   public:
    Reader(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

    Result<ElfSections> read() {
        TRY_VOID(header());
        TRY_VOID(sections());
        for (const Section& section : sections_) {
            const std::string_view name = text(names_, section.name);
            if (name == ".comment") comments(section.bytes);
            if (name == ".rustc") out_.rust_metadata = true;
            if (section.type == k_symbol_table && out_.type == 1) symbols(section);
        }
        return std::move(out_);
    }

   private:
    Error fail() const { return project_error(cat(name_, " is not a sound ELF file: it is cut short")); }

    // Past the end: nothing. Numbers of `size` bytes in the file's order.
    std::optional<std::uint64_t> number(std::string_view from, std::uint64_t at, std::uint64_t size) const {
        if (at > from.size() || size > from.size() - at) return std::nullopt;
        std::uint64_t value = 0;
        for (std::uint64_t i = 0; i < size; ++i) {
            const std::uint64_t shift = 8 * (out_.little_endian ? i : size - 1 - i);
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[at + i])) << shift;
        }
        return value;
    }
    std::uint64_t at(std::uint64_t place, std::uint64_t size) const { return number(bytes_, place, size).value_or(0); }

    static std::string_view text(std::string_view table, std::uint64_t place) {
        if (place >= table.size()) return {};
        const std::string_view rest = table.substr(place);
        return rest.substr(0, rest.find('\0'));
    }

    Status header() {
        if (!is_elf(bytes_)) return project_error(cat(name_, " is not a sound ELF file: it has no ELF header"));
        wide_ = bytes_[4] == 2;
        out_.bits = wide_ ? 64 : 32;
        out_.little_endian = bytes_[5] == 1;
        out_.type = static_cast<std::uint16_t>(at(16, 2));
        out_.machine = static_cast<std::uint16_t>(at(18, 2));
        if (bytes_.size() < (wide_ ? 64U : 52U)) return fail();
        return {};
    }

    std::string_view content(std::uint64_t header, std::uint64_t type) const {
        constexpr std::uint64_t k_no_bits = 8;
        const std::uint64_t offset = wide_ ? at(header + 24, 8) : at(header + 16, 4);
        const std::uint64_t size = wide_ ? at(header + 32, 8) : at(header + 20, 4);
        if (type == k_no_bits || offset > bytes_.size() || size > bytes_.size() - offset) return {};
        return bytes_.substr(offset, size);
    }

    Section section(std::uint64_t header) const {
        Section out;
        out.name = at(header, 4);
        out.type = at(header + 4, 4);
        out.link = at(header + (wide_ ? 40 : 24), 4);
        out.bytes = content(header, out.type);
        return out;
    }

    Status sections() {
        const std::uint64_t table = wide_ ? at(40, 8) : at(32, 4);
        const std::uint64_t entry = at(wide_ ? 58 : 46, 2);
        std::uint64_t count = at(wide_ ? 60 : 48, 2);
        std::uint64_t names = at(wide_ ? 62 : 50, 2);
        if (table == 0) return {};  // stripped of them
        if (entry < (wide_ ? 64U : 40U) || table > bytes_.size() || entry > bytes_.size() - table) return fail();
        // More than 65279 sections: the first header holds the numbers.
        if (count == 0) count = wide_ ? at(table + 32, 8) : at(table + 20, 4);
        if (names == 0xffff) names = at(table + (wide_ ? 40 : 24), 4);
        if (count > k_max_sections || count > (bytes_.size() - table) / entry) return fail();
        sections_.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) sections_.push_back(section(table + i * entry));
        if (names < sections_.size()) names_ = sections_[names].bytes;
        return {};
    }

    void comments(std::string_view bytes) {
        for (const std::string& one : split(bytes, '\0')) {
            if (!one.empty()) add_once(out_.comments, one);
        }
    }

    void symbols(const Section& table) {
        if (table.link >= sections_.size()) return;
        const std::string_view names = sections_[table.link].bytes;
        const std::uint64_t size = wide_ ? 24 : 16;
        for (std::uint64_t s = size; s + size <= table.bytes.size(); s += size) {
            const std::uint64_t info = number(table.bytes, s + (wide_ ? 4 : 12), 1).value_or(0);
            const std::uint64_t place = number(table.bytes, s + (wide_ ? 6 : 14), 2).value_or(0);
            const std::uint64_t binding = info >> 4U;
            if (binding == 0) continue;  // local
            ObjectSymbol symbol;
            symbol.name = text(names, number(table.bytes, s, 4).value_or(0));
            symbol.defined = place != 0;
            symbol.weak = binding == 2;
            if (!symbol.name.empty()) out_.symbols.push_back(std::move(symbol));
        }
    }

    std::string_view bytes_;
    std::string name_;
    ElfSections out_;
    bool wide_ = true;
    std::vector<Section> sections_;
    std::string_view names_;
};

}  // namespace elf_sections_detail

Result<ElfSections> read_elf_sections(std::string_view bytes, std::string_view name) {
    return elf_sections_detail::Reader(bytes, name).read();
}

}  // namespace cermet::python
