// Zip files: local records in order, then the central directory; and a reader that trusts neither alone.
// SPDX-License-Identifier: MIT
#include "base/archive/zip.h"

#include <algorithm>
#include <set>

#include "base/archive/deflate.h"
#include "base/archive/parallel.h"
#include "base/text.h"

namespace cermet {

namespace zip_detail {

constexpr std::uint32_t k_local = 0x04034b50, k_central = 0x02014b50, k_end = 0x06054b50;
constexpr std::uint32_t k_end64 = 0x06064b50, k_locator64 = 0x07064b50;
constexpr std::uint64_t k_max32 = 0xFFFFFFFF;
constexpr std::uint16_t k_utf8 = 1 << 11;

class Bytes {
   public:
    Bytes& u16(std::uint64_t v) { return put(v, 2); }
    Bytes& u32(std::uint64_t v) { return put(v, 4); }
    Bytes& u64(std::uint64_t v) { return put(v, 8); }
    Bytes& text(std::string_view v) {
        out.append(v);
        return *this;
    }
    std::string out;

   private:
    Bytes& put(std::uint64_t v, int n) {
        for (int i = 0; i < n; ++i) out.push_back(static_cast<char>((v >> (8 * i)) & 0xFF));
        return *this;
    }
};

// Days to a civil date, proleptic Gregorian, UTC (Howard Hinnant's well-known formula).
std::uint32_t dos_time(std::int64_t mtime) {
    constexpr std::int64_t k_first = 315532800, k_last = 4354819198;  // 1980-01-01 … 2107-12-31 23:59:58
    mtime = std::clamp(mtime, k_first, k_last);
    std::int64_t days = mtime / 86400, rest = mtime % 86400;
    std::int64_t z = days + 719468;
    std::int64_t era = z / 146097, doe = z - era * 146097;
    std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    std::int64_t mp = (5 * doy + 2) / 153;
    std::int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    std::int64_t date = ((year - 1980) << 9) | (month << 5) | day;
    std::int64_t time = ((rest / 3600) << 11) | ((rest / 60 % 60) << 5) | (rest % 60 / 2);
    return static_cast<std::uint32_t>((date << 16) | time);
}

// Relative, normalised, no drive, no control character: what any unpacker puts where it says.
bool safe_path(std::string_view path) {
    if (path.empty() || path.front() == '/' || path.size() > 65535 || !valid_utf8(path)) return false;
    for (char c : path) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7f) return false;
    }
    if (path.size() > 1 && path[1] == ':') return false;
    for (const std::string& segment : split(path, '/')) {
        if (segment.empty() || segment == "." || segment == "..") return false;
    }
    return true;
}

struct Packed {
    std::string compressed;  // empty: stored
    std::uint32_t crc = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // of the data in the zip
    bool stored = true;
};

std::uint16_t version_needed(const ZipMember& member, const Packed& packed) {
    return member.bytes.size() >= k_max32 || packed.offset >= k_max32 ? 45 : 20;
}

std::string local_header(const ZipMember& member, const Packed& packed, std::uint32_t time) {
    bool big = member.bytes.size() >= k_max32;
    Bytes out;
    out.u32(k_local).u16(big ? 45 : 20).u16(k_utf8).u16(packed.stored ? 0 : 8).u32(time).u32(packed.crc);
    out.u32(big ? k_max32 : packed.size).u32(big ? k_max32 : member.bytes.size());
    out.u16(member.path.size()).u16(big ? 20 : 0).text(member.path);
    if (big) out.u16(1).u16(16).u64(member.bytes.size()).u64(packed.size);
    return std::move(out.out);
}

std::string central_header(const ZipMember& member, const Packed& packed, std::uint32_t time) {
    bool big = member.bytes.size() >= k_max32, far = packed.offset >= k_max32;
    std::uint32_t mode = 0100000U | (member.executable ? 0755U : 0644U);
    std::uint64_t needed = version_needed(member, packed);
    Bytes extra;
    if (big) extra.u64(member.bytes.size()).u64(packed.size);
    if (far) extra.u64(packed.offset);
    Bytes out;
    out.u32(k_central).u16((3U << 8) | needed).u16(needed).u16(k_utf8).u16(packed.stored ? 0 : 8);
    out.u32(time).u32(packed.crc).u32(big ? k_max32 : packed.size).u32(big ? k_max32 : member.bytes.size());
    out.u16(member.path.size()).u16(extra.out.empty() ? 0 : extra.out.size() + 4).u16(0).u16(0).u16(0);
    out.u32(static_cast<std::uint64_t>(mode) << 16).u32(far ? k_max32 : packed.offset).text(member.path);
    if (!extra.out.empty()) out.u16(1).u16(extra.out.size()).text(extra.out);
    return std::move(out.out);
}

std::string end_records(std::uint64_t entries, std::uint64_t size, std::uint64_t offset) {
    Bytes out;
    if (entries >= 0xFFFF || size >= k_max32 || offset >= k_max32) {
        out.u32(k_end64).u64(44).u16((3U << 8) | 45U).u16(45).u32(0).u32(0);
        out.u64(entries).u64(entries).u64(size).u64(offset);
        out.u32(k_locator64).u32(0).u64(offset + size).u32(1);
    }
    std::uint64_t count = std::min<std::uint64_t>(entries, 0xFFFF);
    out.u32(k_end).u16(0).u16(0).u16(count).u16(count);
    out.u32(std::min(size, k_max32)).u32(std::min(offset, k_max32)).u16(0);
    return std::move(out.out);
}

Status check_members(const std::vector<ZipMember>& members) {
    std::set<std::string_view> seen;
    for (const ZipMember& member : members) {
        if (!safe_path(member.path)) return project_error(cat("'", member.path, "' cannot be a name in an archive"));
        if (!seen.insert(member.path).second) return project_error(cat("two files go to ", member.path));
    }
    for (const ZipMember& member : members) {
        for (std::size_t at = member.path.find('/'); at != std::string::npos; at = member.path.find('/', at + 1)) {
            if (seen.count(std::string_view(member.path).substr(0, at)) != 0) {
                return project_error(cat(member.path.substr(0, at), " is both a file and a directory"));
            }
        }
    }
    return {};
}

// Reads little-endian numbers; past the end everything is zero and ok() is false.
class Cursor {
   public:
    Cursor(std::string_view bytes, std::uint64_t at) : bytes_(bytes), at_(at) { ok_ = at <= bytes.size(); }
    std::uint64_t number(std::uint64_t n) {
        if (!ok_ || bytes_.size() - at_ < n) {
            ok_ = false;
            return 0;
        }
        std::uint64_t v = 0;
        for (std::uint64_t i = 0; i < n; ++i) {
            v |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at_ + i])) << (8 * i);
        }
        at_ += n;
        return v;
    }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    std::string_view text(std::uint64_t n) {
        if (!ok_ || bytes_.size() - at_ < n) {
            ok_ = false;
            return {};
        }
        std::string_view out = bytes_.substr(at_, n);
        at_ += n;
        return out;
    }
    bool ok() const { return ok_; }
    std::uint64_t at() const { return at_; }

   private:
    std::string_view bytes_;
    std::uint64_t at_;
    bool ok_;
};

struct Directory {
    std::uint64_t entries = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct Header {
    ZipEntry entry;
    std::uint16_t flags = 0;
    std::uint64_t offset = 0;  // of the local header
    std::uint64_t end = 0;     // of the local record with its data
};

class Parser {
   public:
    Parser(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}
    Result<std::vector<ZipEntry>> parse();

   private:
    Error fail(std::string_view why) const { return project_error(cat(name_, " is not a sound zip file: ", why)); }
    Result<Directory> find_directory();
    Result<Header> central(Cursor& in);
    Status zip64_extra(std::string_view extra, Header& header, bool size, bool packed, bool offset);
    Status local(Header& header);

    std::string_view bytes_;
    std::string name_;
};

Result<Directory> Parser::find_directory() {
    if (bytes_.size() < 22) return fail("it is too short");
    std::uint64_t at = bytes_.size() - 22;  // a comment would be trailing bytes: none is allowed
    Cursor in(bytes_, at);
    if (in.u32() != k_end) return fail("its end record is not at its end");
    bool one_disk = in.u16() == 0 && in.u16() == 0;
    Directory out;
    std::uint16_t here = in.u16();
    out.entries = in.u16();
    out.size = in.u32();
    out.offset = in.u32();
    if (!one_disk || here != out.entries || in.u16() != 0) return fail("it has several parts or a comment");
    std::uint64_t end = at;
    bool want64 = out.entries == 0xFFFF || out.size == k_max32 || out.offset == k_max32;
    if (at >= 20) {
        Cursor locator(bytes_, at - 20);
        if (locator.u32() == k_locator64) {
            std::uint32_t disk = locator.u32();
            std::uint64_t record = locator.u64();
            if (disk != 0 || locator.u32() != 1 || record > at - 20 || at - 20 - record != 56) {
                return fail("its zip64 record is misplaced");
            }
            Cursor big(bytes_, record);
            if (big.u32() != k_end64 || big.u64() != 44) return fail("its zip64 record is broken");
            big.u32();
            if (big.u32() != 0 || big.u32() != 0) return fail("it has several parts");
            std::uint64_t first = big.u64();
            Directory larger;
            larger.entries = big.u64();
            larger.size = big.u64();
            larger.offset = big.u64();
            bool agree = first == larger.entries && (out.entries == 0xFFFF || out.entries == larger.entries) &&
                         (out.size == k_max32 || out.size == larger.size) &&
                         (out.offset == k_max32 || out.offset == larger.offset);
            if (!agree) return fail("its two end records differ");
            out = larger;
            end = record;
            want64 = false;
        }
    }
    if (want64) return fail("its zip64 record is missing");
    if (out.offset > end || out.size != end - out.offset) return fail("its directory is misplaced");
    return out;
}

Status Parser::zip64_extra(std::string_view extra, Header& header, bool size, bool packed, bool offset) {
    Cursor in(extra, 0);
    bool found = false;
    while (in.ok() && in.at() < extra.size()) {
        std::uint16_t id = in.u16();
        std::string_view body = in.text(in.u16());
        if (!in.ok()) return fail("a broken extra field");
        if (id != 1) continue;
        if (found) return fail("two zip64 fields");
        found = true;
        Cursor field(body, 0);
        if (size) header.entry.size = field.u64();
        if (packed) header.entry.compressed_size = field.u64();
        if (offset) header.offset = field.u64();
        if (!field.ok()) return fail("a short zip64 field");
    }
    if ((size || packed || offset) && !found) return fail("a zip64 field is missing");
    return {};
}

Result<Header> Parser::central(Cursor& in) {
    if (in.u32() != k_central) return fail("a directory entry is broken");
    Header out;
    std::uint16_t made_by = in.u16();
    in.u16();
    out.flags = in.u16();
    out.entry.method = in.u16();
    out.entry.dos_time = in.u32();
    out.entry.crc = in.u32();
    out.entry.compressed_size = in.u32();
    out.entry.size = in.u32();
    std::uint16_t name = in.u16(), extra = in.u16(), comment = in.u16(), disk = in.u16();
    in.u16();
    std::uint32_t attributes = in.u32();
    out.offset = in.u32();
    out.entry.path = std::string(in.text(name));
    std::string_view more = in.text(extra);
    if (!in.ok() || comment != 0 || disk != 0) return fail("a directory entry is broken");
    TRY_VOID(
        zip64_extra(more, out, out.entry.size == k_max32, out.entry.compressed_size == k_max32, out.offset == k_max32));
    if ((made_by >> 8) == 3) out.entry.mode = attributes >> 16;
    std::string shown = out.entry.path;
    if (!out.entry.path.empty() && out.entry.path.back() == '/') {
        out.entry.directory = true;
        out.entry.path.pop_back();
    }
    if (!safe_path(out.entry.path)) return fail(cat("the name '", shown, "' is unsafe"));
    if ((out.flags & 1) != 0) return fail(cat(shown, " is encrypted"));
    if (out.entry.method != 0 && out.entry.method != 8) return fail(cat(shown, " has an unknown compression"));
    if (out.entry.method == 0 && out.entry.size != out.entry.compressed_size) {
        return fail(cat(shown, " is stored with two sizes"));
    }
    if (out.entry.directory && out.entry.size != 0) return fail(cat("the directory ", shown, " has data"));
    std::uint32_t type = out.entry.mode & 0170000U;
    if (type != 0 && type != 0100000U && type != 0040000U) return fail(cat(shown, " is a link or device"));
    return out;
}

Status Parser::local(Header& header) {
    ZipEntry& entry = header.entry;
    Cursor in(bytes_, header.offset);
    if (in.u32() != k_local) return fail(cat(entry.path, " has no local header"));
    in.u16();
    std::uint16_t flags = in.u16(), method = in.u16();
    std::uint32_t time = in.u32(), crc = in.u32();
    std::uint64_t packed = in.u32(), size = in.u32();
    std::uint16_t name_size = in.u16(), extra_size = in.u16();
    std::string_view name = in.text(name_size);
    std::string_view extra = in.text(extra_size);
    if (!in.ok()) return fail(cat(entry.path, " has a short local header"));
    Header own;
    own.entry.size = size;
    own.entry.compressed_size = packed;
    TRY_VOID(zip64_extra(extra, own, size == k_max32, packed == k_max32, false));
    bool late = (flags & 8) != 0;  // sizes follow the data; tolerated where the central directory has them
    bool same_sizes =
        own.entry.size == entry.size && own.entry.compressed_size == entry.compressed_size && crc == entry.crc;
    bool zero_sizes = late && own.entry.size == 0 && own.entry.compressed_size == 0 && crc == 0;
    bool same_name = name == (entry.directory ? entry.path + "/" : entry.path);
    if (!same_name || method != entry.method || time != entry.dos_time || flags != header.flags ||
        (!same_sizes && !zero_sizes)) {
        return fail(cat("the two headers of ", entry.path, " differ"));
    }
    entry.data_offset = in.at();
    if (entry.compressed_size > bytes_.size() - in.at()) return fail(cat(entry.path, " is cut short"));
    header.end = in.at() + entry.compressed_size;
    return {};
}

Result<std::vector<ZipEntry>> Parser::parse() {
    TRY(directory, find_directory());
    if (directory.entries > directory.size / 46 + 1) return fail("it promises too many entries");
    std::vector<Header> headers;
    std::set<std::string> names;
    Cursor in(bytes_, directory.offset);
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        TRY(header, central(in));
        if (!names.insert(header.entry.path).second) return fail(cat(header.entry.path, " is in it twice"));
        TRY_VOID(local(header));
        if (header.end > directory.offset) return fail(cat(header.entry.path, " overlaps the directory"));
        headers.push_back(std::move(header));
    }
    if (in.at() != directory.offset + directory.size) return fail("bytes after its directory");
    std::vector<const Header*> by_offset;
    by_offset.reserve(headers.size());
    for (const Header& header : headers) by_offset.push_back(&header);
    std::sort(by_offset.begin(), by_offset.end(),
              [](const Header* a, const Header* b) { return a->offset < b->offset; });
    // Members lie without gaps, save a data descriptor (at most 24 bytes) after one that announced it.
    std::uint64_t end = 0, gap = 0;
    for (const Header* header : by_offset) {
        if (header->offset < end || header->offset - end > gap) {
            return fail(cat("hidden or shared bytes before ", header->entry.path));
        }
        end = header->end;
        gap = (header->flags & 8) != 0 ? 24 : 0;
    }
    if (directory.offset - end > gap) return fail("hidden bytes before its directory");
    std::vector<ZipEntry> out;
    out.reserve(headers.size());
    for (Header& header : headers) out.push_back(std::move(header.entry));
    return out;
}

}  // namespace zip_detail

Status StringSink::write(std::string_view piece) {
    bytes.append(piece);
    return {};
}

Status write_zip(const std::vector<ZipMember>& members, const ZipOptions& options, ByteSink& sink) {
    using namespace zip_detail;
    TRY_VOID(check_members(members));
    std::vector<Packed> packed(members.size());
    std::uint32_t time = dos_time(options.mtime);
    std::uint64_t total = 0, offset = 0;
    for (const ZipMember& member : members) total += member.bytes.size();
    int threads = total < (1U << 18) ? 1 : archive_threads(options.threads);
    Status status;
    auto compress = [&](std::size_t i) {
        packed[i].crc = crc32(members[i].bytes);
        packed[i].compressed = deflate(members[i].bytes, options.level);
        packed[i].stored = packed[i].compressed.empty();
        packed[i].size = packed[i].stored ? members[i].bytes.size() : packed[i].compressed.size();
    };
    auto emit = [&](std::size_t i) {
        packed[i].offset = offset;
        std::string header = local_header(members[i], packed[i], time);
        std::string_view data = packed[i].stored ? members[i].bytes : std::string_view(packed[i].compressed);
        status = sink.write(header);
        if (status.ok()) status = sink.write(data);
        offset += header.size() + data.size();
        packed[i].compressed = std::string();
        return status.ok();
    };
    run_in_order(members.size(), threads, compress, emit);
    if (!status.ok()) return status;
    std::string directory;
    for (std::size_t i = 0; i < members.size(); ++i) directory += central_header(members[i], packed[i], time);
    std::uint64_t size = directory.size();
    return sink.write(directory + end_records(members.size(), size, offset));
}

Result<ZipReader> ZipReader::open(std::string_view bytes, std::string_view name) {
    TRY(entries, zip_detail::Parser(bytes, name).parse());
    ZipReader out;
    out.bytes_ = bytes;
    out.name_ = std::string(name);
    out.entries_ = std::move(entries);
    return out;
}

const ZipEntry* ZipReader::find(std::string_view path) const {
    for (const ZipEntry& entry : entries_) {
        if (entry.path == path) return &entry;
    }
    return nullptr;
}

Result<std::string> ZipReader::read(const ZipEntry& entry, std::uint64_t limit) const {
    auto fail = [&](std::string_view why) { return project_error(cat(entry.path, " in ", name_, " ", why)); };
    if (entry.size > limit) return fail("is too large");
    if (entry.data_offset > bytes_.size() || entry.compressed_size > bytes_.size() - entry.data_offset) {
        return fail("is cut short");
    }
    std::string_view data = bytes_.substr(entry.data_offset, entry.compressed_size);
    std::string out;
    if (entry.method == 0) {
        out = std::string(data);
    } else {
        auto plain = inflate(data, entry.size);
        if (!plain) return std::move(plain).error().note(cat("while reading ", entry.path, " in ", name_));
        out = *std::move(plain);
    }
    if (out.size() != entry.size || crc32(out) != entry.crc) return fail("is damaged");
    return out;
}

}  // namespace cermet
