// ELF files read from bytes: program headers, the dynamic segment, symbols and their versions.
// SPDX-License-Identifier: MIT
#include "languages/python/elf.h"

#include <algorithm>

#include "base/text.h"

namespace cermet::python {

namespace elf_detail {

constexpr std::uint64_t k_max_symbols = 4'000'000;

struct Segment {
    std::uint64_t offset = 0;
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

class Reader {
   public:
    Reader(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}
    Result<ElfFile> read();

   private:
    Error fail(std::string_view why) const { return project_error(cat(name_, " is not a sound ELF file: ", why)); }
    bool inside(std::uint64_t at, std::uint64_t size) const {
        return at <= bytes_.size() && size <= bytes_.size() - at;
    }
    // Past the end: zero, and broken_ is set; checked at the end of each step.
    std::uint64_t number(std::uint64_t at, std::uint64_t size) {
        if (!inside(at, size)) {
            broken_ = true;
            return 0;
        }
        std::uint64_t v = 0;
        for (std::uint64_t i = 0; i < size; ++i) {
            std::uint64_t shift = 8 * (out_.little_endian ? i : size - 1 - i);
            v |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at + i])) << shift;
        }
        return v;
    }
    std::uint64_t u16(std::uint64_t at) { return number(at, 2); }
    std::uint64_t u32(std::uint64_t at) { return number(at, 4); }
    std::uint64_t word(std::uint64_t at) { return number(at, wide_ ? 8 : 4); }
    std::string string(std::uint64_t at) {
        if (at >= strings_size_ || !inside(strings_, strings_size_)) return "";
        std::string_view rest = bytes_.substr(strings_ + at, strings_size_ - at);
        return std::string(rest.substr(0, rest.find('\0')));
    }
    bool offset_of(std::uint64_t address, std::uint64_t& out) const {
        for (const Segment& s : loads_) {
            if (address < s.address || address - s.address >= s.size) continue;
            out = s.offset + (address - s.address);
            return out < bytes_.size();
        }
        return false;
    }
    Status header();
    Status programs();
    Status dynamic();
    void dynamic_entry(std::uint64_t tag, std::uint64_t value);
    void names(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& entries);
    std::uint64_t symbol_count();
    std::uint64_t gnu_hash_count(std::uint64_t at);
    void version_needs();
    void version_definitions();
    Status symbols();

    std::string_view bytes_;
    std::string name_;
    ElfFile out_;
    bool wide_ = true;
    bool broken_ = false;
    std::vector<Segment> loads_;
    std::uint64_t dynamic_at_ = 0, dynamic_size_ = 0;
    std::uint64_t strings_ = 0, strings_size_ = 0;
    std::map<std::uint64_t, std::uint64_t> tags_;
    struct VersionName {
        std::string version, library;
    };
    std::map<std::uint64_t, VersionName> versions_;
};

Status Reader::header() {
    if (!is_elf(bytes_)) return fail("it has no ELF header");
    unsigned char klass = static_cast<unsigned char>(bytes_[4]), data = static_cast<unsigned char>(bytes_[5]);
    if (klass < 1 || klass > 2 || data < 1 || data > 2) return fail("its header is unknown");
    wide_ = klass == 2;
    out_.bits = wide_ ? 64 : 32;
    out_.little_endian = data == 1;
    out_.type = static_cast<std::uint16_t>(u16(16));
    out_.machine = static_cast<std::uint16_t>(u16(18));
    out_.flags = static_cast<std::uint32_t>(u32(wide_ ? 48 : 36));
    if (broken_) return fail("it is cut short");
    return {};
}

Status Reader::programs() {
    std::uint64_t at = word(wide_ ? 32 : 28);
    std::uint64_t entry = u16(wide_ ? 54 : 42), count = u16(wide_ ? 56 : 44);
    if (broken_) return fail("it is cut short");
    if (count == 0) return {};
    if (entry < (wide_ ? 56U : 32U) || !inside(at, entry * count)) return fail("its program headers are misplaced");
    for (std::uint64_t i = 0; i < count; ++i) {
        std::uint64_t p = at + i * entry;
        std::uint64_t type = u32(p);
        std::uint64_t flags = u32(wide_ ? p + 4 : p + 24);
        Segment s;
        s.offset = word(wide_ ? p + 8 : p + 4);
        s.address = word(wide_ ? p + 16 : p + 8);
        s.size = word(wide_ ? p + 32 : p + 16);
        if (type == 1) loads_.push_back(s);
        if (type == 2) {
            dynamic_at_ = s.offset;
            dynamic_size_ = s.size;
        }
        if (type == 3 && inside(s.offset, s.size)) {
            std::string_view text = bytes_.substr(s.offset, s.size);
            out_.interpreter = std::string(text.substr(0, text.find('\0')));
        }
        if (type == 0x6474e551) out_.executable_stack = (flags & 1) != 0;
    }
    return {};
}

void Reader::dynamic_entry(std::uint64_t tag, std::uint64_t value) {
    tags_[tag] = value;
    if (tag == 22 || (tag == 30 && (value & 4) != 0)) out_.text_relocations = true;
}

void Reader::names(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& entries) {
    for (const auto& [tag, value] : entries) {
        if (tag == 1) out_.needed.push_back(string(value));
        if (tag == 14) out_.soname = string(value);
        if (tag == 15) out_.rpath = split(string(value), ':');
        if (tag == 29) out_.runpath = split(string(value), ':');
    }
}

Status Reader::dynamic() {
    if (dynamic_size_ == 0) return {};  // a static program
    if (!inside(dynamic_at_, dynamic_size_)) return fail("its dynamic segment is misplaced");
    std::uint64_t step = wide_ ? 16 : 8;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> entries;
    for (std::uint64_t at = 0; at + step <= dynamic_size_; at += step) {
        std::uint64_t tag = word(dynamic_at_ + at), value = word(dynamic_at_ + at + step / 2);
        if (tag == 0) break;
        entries.emplace_back(tag, value);
        dynamic_entry(tag, value);
    }
    std::uint64_t strings = 0;
    if (tags_.count(5) == 0 || !offset_of(tags_[5], strings)) return fail("its string table is missing");
    strings_ = strings;
    strings_size_ = std::min<std::uint64_t>(tags_[10], bytes_.size() - strings);
    names(entries);
    return {};
}

std::uint64_t Reader::gnu_hash_count(std::uint64_t at) {
    std::uint64_t buckets = u32(at), first = u32(at + 4), bloom = u32(at + 8);
    std::uint64_t bucket_at = at + 16 + bloom * (wide_ ? 8 : 4);
    if (broken_ || buckets == 0 || !inside(bucket_at, buckets * 4)) return 0;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < buckets; ++i) last = std::max(last, u32(bucket_at + 4 * i));
    if (last < first) return 0;  // exports nothing, and so counts nothing
    std::uint64_t chain = bucket_at + buckets * 4;
    while (inside(chain + (last - first) * 4, 4) && (u32(chain + (last - first) * 4) & 1) == 0) ++last;
    return last + 1;
}

// The dynamic segment does not say how many symbols there are; the hash tables do, and so does the next table.
std::uint64_t Reader::symbol_count() {
    std::uint64_t at = 0, size = wide_ ? 24 : 16, count = 0;
    if (tags_.count(4) != 0 && offset_of(tags_[4], at)) count = u32(at + 4);
    if (count == 0 && tags_.count(0x6ffffef5) != 0 && offset_of(tags_[0x6ffffef5], at)) count = gnu_hash_count(at);
    std::uint64_t symbols = 0;
    if (tags_.count(6) == 0 || !offset_of(tags_[6], symbols)) return 0;
    if (count == 0) {
        // A file that exports nothing: the table ends where the next one begins.
        std::uint64_t end = bytes_.size();
        for (std::uint64_t tag : {4U, 5U, 7U, 17U, 23U, 0x6ffffef5U, 0x6ffffff0U, 0x6ffffffcU, 0x6ffffffeU}) {
            std::uint64_t other = 0;
            if (tags_.count(tag) != 0 && offset_of(tags_[tag], other) && other > symbols) end = std::min(end, other);
        }
        count = (end - symbols) / size;
    }
    return std::min({count, (bytes_.size() - symbols) / size, k_max_symbols});
}

void Reader::version_needs() {
    std::uint64_t at = 0;
    if (tags_.count(0x6ffffffe) == 0 || !offset_of(tags_[0x6ffffffe], at)) return;
    std::uint64_t files = std::min<std::uint64_t>(tags_[0x6fffffff], 4096);
    for (std::uint64_t i = 0; i < files && inside(at, 16); ++i) {
        std::uint64_t count = u16(at + 2), aux = at + u32(at + 8), next = u32(at + 12);
        std::string library = string(u32(at + 4));
        for (std::uint64_t k = 0; k < count && inside(aux, 16); ++k) {
            std::string version = string(u32(aux + 8));
            versions_[u16(aux + 6) & 0x7fff] = {version, library};
            out_.version_needs[library].insert(version);
            std::uint64_t step = u32(aux + 12);
            if (step == 0) break;
            aux += step;
        }
        if (next == 0) break;
        at += next;
    }
}

void Reader::version_definitions() {
    std::uint64_t at = 0;
    if (tags_.count(0x6ffffffc) == 0 || !offset_of(tags_[0x6ffffffc], at)) return;
    std::uint64_t count = std::min<std::uint64_t>(tags_[0x6ffffffd], 65536);
    for (std::uint64_t i = 0; i < count && inside(at, 20); ++i) {
        std::uint64_t index = u16(at + 4) & 0x7fff, aux = at + u32(at + 12), next = u32(at + 16);
        if (index > 1 && inside(aux, 8)) versions_[index] = {string(u32(aux)), ""};
        if (next == 0) break;
        at += next;
    }
}

Status Reader::symbols() {
    std::uint64_t at = 0, count = symbol_count();
    if (count == 0) return {};
    offset_of(tags_[6], at);
    std::uint64_t versions = 0, size = wide_ ? 24 : 16;
    bool versioned = tags_.count(0x6ffffff0) != 0 && offset_of(tags_[0x6ffffff0], versions);
    for (std::uint64_t i = 1; i < count; ++i) {
        std::uint64_t s = at + i * size;
        std::uint64_t info = number(wide_ ? s + 4 : s + 12, 1), other = number(wide_ ? s + 5 : s + 13, 1);
        std::uint64_t section = u16(wide_ ? s + 6 : s + 14);
        ElfSymbol symbol;
        symbol.name = string(u32(s));
        if (symbol.name.empty()) continue;
        std::uint64_t binding = info >> 4;
        symbol.weak = binding == 2;
        symbol.function = (info & 15) == 2 || (info & 15) == 10;
        if (versioned && inside(versions + 2 * i, 2)) {
            auto found = versions_.find(u16(versions + 2 * i) & 0x7fff);
            if (found != versions_.end()) {
                symbol.version = found->second.version;
                symbol.library = found->second.library;
            }
        }
        if (section == 0)
            out_.undefined.push_back(std::move(symbol));
        else if (binding != 0 && (other & 3) != 1 && (other & 3) != 2)
            out_.exported.push_back(std::move(symbol));
    }
    return {};
}

Result<ElfFile> Reader::read() {
    TRY_VOID(header());
    TRY_VOID(programs());
    TRY_VOID(dynamic());
    if (dynamic_size_ != 0) {
        version_needs();
        version_definitions();
        TRY_VOID(symbols());
    }
    if (broken_) return fail("it is cut short");
    auto by_name = [](const ElfSymbol& a, const ElfSymbol& b) {
        return a.name != b.name ? a.name < b.name : a.version < b.version;
    };
    std::sort(out_.undefined.begin(), out_.undefined.end(), by_name);
    std::sort(out_.exported.begin(), out_.exported.end(), by_name);
    return std::move(out_);
}

}  // namespace elf_detail

bool ElfFile::exports(std::string_view name) const {
    auto found = std::lower_bound(exported.begin(), exported.end(), name,
                                  [](const ElfSymbol& s, std::string_view n) { return s.name < n; });
    return found != exported.end() && found->name == name;
}

std::string elf_arch(std::uint16_t machine, int bits, bool little_endian) {
    switch (machine) {
        case 3: return bits == 32 ? "i686" : "";
        case 62: return bits == 64 ? "x86_64" : "";
        case 183: return "aarch64";
        case 40: return "armv7l";
        case 21: return little_endian ? "ppc64le" : "ppc64";
        case 22: return bits == 64 ? "s390x" : "";
        case 243: return bits == 64 ? "riscv64" : "";
        case 258: return "loongarch64";
        default: return "";
    }
}

bool is_elf(std::string_view bytes) {
    return bytes.size() >= 52 && bytes.substr(0, 4) == std::string_view(
                                                           "\x7f"
                                                           "ELF",
                                                           4);
}

Result<ElfFile> read_elf(std::string_view bytes, std::string_view name) {
    return elf_detail::Reader(bytes, name).read();
}

}  // namespace cermet::python
