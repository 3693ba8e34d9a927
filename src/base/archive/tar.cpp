// Tar files: pax out, ustar and pax and GNU long names in.
// SPDX-License-Identifier: MIT
#include "base/archive/tar.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/archive/deflate.h"
#include "base/text.h"

namespace cermet {

namespace tar_detail {

constexpr std::size_t k_block = 512;
constexpr std::uint64_t k_max_octal = (std::uint64_t{1} << 33) - 1;  // eleven digits

void put_octal(std::string& header, std::size_t at, std::size_t width, std::uint64_t value) {
    for (std::size_t i = width - 1; i-- > 0;) {
        header[at + i] = static_cast<char>('0' + (value & 7));
        value >>= 3;
    }
}

std::string make_header(std::string_view name, std::string_view prefix, std::uint64_t size, std::uint64_t mode,
                        std::uint64_t mtime, char type) {
    std::string out(k_block, '\0');
    out.replace(0, name.size(), name);
    put_octal(out, 100, 8, mode);
    put_octal(out, 108, 8, 0);
    put_octal(out, 116, 8, 0);
    put_octal(out, 124, 12, size);
    put_octal(out, 136, 12, mtime);
    out.replace(148, 8, 8, ' ');
    out[156] = type;
    out.replace(257, 6, "ustar", 6);
    out.replace(263, 2, "00");
    put_octal(out, 329, 8, 0);
    put_octal(out, 337, 8, 0);
    out.replace(345, prefix.size(), prefix);
    std::uint64_t sum = 0;
    for (char c : out) sum += static_cast<unsigned char>(c);
    put_octal(out, 148, 7, sum);
    out[154] = '\0';
    out[155] = ' ';
    return out;
}

void pad(std::string& out) { out.resize((out.size() + k_block - 1) / k_block * k_block, '\0'); }

// "27 path=…\n": the length counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
    std::size_t rest = key.size() + value.size() + 3;
    std::size_t size = rest + 1;
    while (rest + std::to_string(size).size() != size) size = rest + std::to_string(size).size();
    return cat(std::to_string(size), " ", key, "=", value, "\n");
}

bool ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

// Splits a long path at a slash into ustar's prefix and name, where it fits.
bool ustar_split(std::string_view path, std::string_view& prefix, std::string_view& name) {
    prefix = {};
    name = path;
    if (path.size() <= 100) return true;
    for (std::size_t at = path.find('/'); at != std::string_view::npos && at <= 155; at = path.find('/', at + 1)) {
        if (at > 0 && path.size() - at - 1 <= 100 && at + 1 < path.size()) {
            prefix = path.substr(0, at);
            name = path.substr(at + 1);
            return true;
        }
    }
    return false;
}

std::string_view field(std::string_view header, std::size_t at, std::size_t size) {
    std::string_view raw = header.substr(at, size);
    return raw.substr(0, raw.find('\0'));
}

// Octal text, or GNU's base-256 with the top bit set.
bool number(std::string_view header, std::size_t at, std::size_t size, std::uint64_t& out) {
    std::string_view raw = header.substr(at, size);
    out = 0;
    if ((raw[0] & 0x80) != 0) {
        if (raw[0] != static_cast<char>(0x80)) return false;  // negative or absurd
        for (std::size_t i = 1; i < size; ++i) {
            if (out >> 55 != 0) return false;
            out = (out << 8) | static_cast<unsigned char>(raw[i]);
        }
        return true;
    }
    std::size_t i = 0;
    while (i < size && raw[i] == ' ') ++i;
    for (; i < size && raw[i] >= '0' && raw[i] <= '7'; ++i) {
        if (out >> 60 != 0) return false;
        out = out * 8 + static_cast<std::uint64_t>(raw[i] - '0');
    }
    return i == size || raw[i] == ' ' || raw[i] == '\0';
}

bool checksum_ok(std::string_view header) {
    std::uint64_t want = 0;
    if (!number(header, 148, 8, want)) return false;
    std::uint64_t sum = 0;
    std::int64_t signed_sum = 0;
    for (std::size_t i = 0; i < k_block; ++i) {
        char c = i >= 148 && i < 156 ? ' ' : header[i];
        sum += static_cast<unsigned char>(c);
        signed_sum += static_cast<signed char>(c);
    }
    return sum == want || signed_sum == static_cast<std::int64_t>(want);
}

struct Pending {
    std::map<std::string, std::string> pax;
    std::string long_name;
    void clear() {
        pax.clear();
        long_name.clear();
    }
};

class Reader {
   public:
    Reader(std::string_view tar, std::string_view name, const TarRules& rules, TarVisitor& visitor)
        : tar_(tar), name_(name), rules_(rules), visitor_(visitor), top_(rules.top) {}
    Status run();

   private:
    Error fail(std::string_view why) const { return project_error(cat(name_, " is not a sound archive: ", why)); }
    Status entry(std::string_view header, std::string_view body);
    Status pax_header(std::string_view body, std::map<std::string, std::string>& into);
    Result<std::string> entry_path(std::string_view header) const;
    Status check_path(const std::string& raw, std::string& out);
    Result<std::uint64_t> entry_size(std::string_view header) const;

    std::string_view tar_;
    std::string name_;
    const TarRules& rules_;
    TarVisitor& visitor_;
    std::string top_;
    std::map<std::string, std::string> global_;
    Pending pending_;
    std::set<std::string> files_;
    std::set<std::string> directories_;
    std::uint64_t entries_ = 0;
};

Status Reader::pax_header(std::string_view body, std::map<std::string, std::string>& into) {
    while (!body.empty()) {
        std::size_t size = 0, i = 0;
        for (; i < body.size() && body[i] >= '0' && body[i] <= '9' && i < 10; ++i) {
            size = size * 10 + static_cast<std::size_t>(body[i] - '0');
        }
        if (i == 0 || i >= body.size() || body[i] != ' ' || size <= i + 1 || size > body.size() ||
            body[size - 1] != '\n') {
            return fail("a pax header is broken");
        }
        std::string_view record = body.substr(i + 1, size - i - 2);
        std::size_t equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0) return fail("a pax header is broken");
        std::string key(record.substr(0, equals));
        if (key.compare(0, 11, "GNU.sparse.") == 0) return fail("it has a sparse file");
        into[key] = std::string(record.substr(equals + 1));
        body.remove_prefix(size);
    }
    return {};
}

Result<std::string> Reader::entry_path(std::string_view header) const {
    auto own = pending_.pax.find("path");
    if (own != pending_.pax.end()) return own->second;
    if (!pending_.long_name.empty()) return pending_.long_name;
    auto global = global_.find("path");
    if (global != global_.end()) return fail("one name is given for all entries");
    std::string out(field(header, 0, 100));
    std::string_view prefix;
    if (header.substr(257, 6) == std::string_view("ustar\0", 6)) prefix = field(header, 345, 155);
    return prefix.empty() ? out : cat(prefix, "/", out);
}

Result<std::uint64_t> Reader::entry_size(std::string_view header) const {
    std::uint64_t size = 0;
    if (!number(header, 124, 12, size)) return fail("a size is not a number");
    auto own = pending_.pax.find("size");
    if (own == pending_.pax.end()) return size;
    size = 0;
    if (own->second.empty() || own->second.size() > 18) return fail("a size is not a number");
    for (char c : own->second) {
        if (c < '0' || c > '9') return fail("a size is not a number");
        size = size * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return size;
}

Status Reader::check_path(const std::string& raw, std::string& out) {
    if (raw.empty() || raw.front() == '/' || !valid_utf8(raw) || contains(raw, "\\") ||
        raw.find('\0') != std::string::npos || (raw.size() > 1 && raw[1] == ':')) {
        return fail(cat("the name '", raw, "' is unsafe"));
    }
    std::vector<std::string> segments;
    for (std::string& segment : split(raw, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment == "..") return fail(cat("the name '", raw, "' leaves its directory"));
        segments.push_back(std::move(segment));
    }
    out = join(segments, "/");
    if (segments.empty() || !rules_.one_top) return {};
    if (top_.empty()) top_ = segments[0];
    if (segments[0] != top_) {
        return fail(cat("'", raw, "' lies outside its one directory ", top_));
    }
    return {};
}

Status Reader::entry(std::string_view header, std::string_view body) {
    char type = header[156];
    TRY(raw, entry_path(header));
    if (type == '1' || type == '2') return fail(cat("'", raw, "' is a link"));
    if (type == '3' || type == '4' || type == '6') return fail(cat("'", raw, "' is a device"));
    bool file = type == '0' || type == '\0' || type == '7';
    if (!file && type != '5') return fail(cat("'", raw, "' is of an unknown sort"));
    if (file && !raw.empty() && raw.back() == '/') file = false;
    std::string path;
    TRY_VOID(check_path(raw, path));
    if (!file) {
        if (path.empty()) return {};
        if (files_.count(path) != 0) return fail(cat("'", path, "' is a file and a directory"));
        directories_.insert(path);
        return visitor_.directory(path);
    }
    if (path.empty() || (rules_.one_top && path == top_)) return fail(cat("'", raw, "' is not below a directory"));
    if (!files_.insert(path).second) return fail(cat("'", path, "' is in it twice"));
    if (directories_.count(path) != 0) return fail(cat("'", path, "' is a file and a directory"));
    for (std::size_t at = path.rfind('/'); at != std::string::npos && at > 0; at = path.rfind('/', at - 1)) {
        std::string up = path.substr(0, at);
        if (files_.count(up) != 0) return fail(cat("'", up, "' is a file and a directory"));
        if (!directories_.insert(std::move(up)).second) break;
    }
    std::uint64_t mode = 0;
    if (!number(header, 100, 8, mode)) return fail("a mode is not a number");
    return visitor_.file(path, body, (mode & 0111) != 0);
}

Status Reader::run() {
    std::size_t at = 0;
    bool ended = false;
    while (tar_.size() - at >= k_block) {
        std::string_view header = tar_.substr(at, k_block);
        at += k_block;
        if (header.find_first_not_of('\0') == std::string_view::npos) {
            ended = true;
            break;
        }
        if (!checksum_ok(header)) return fail("a header's checksum is wrong");
        if (++entries_ > rules_.max_entries) return fail(cat("it has more than ", rules_.max_entries, " entries"));
        char type = header[156];
        bool meta = type == 'x' || type == 'g' || type == 'L' || type == 'K';
        std::uint64_t size = 0;
        if (meta) {
            if (!number(header, 124, 12, size)) return fail("a size is not a number");
        } else {
            TRY(own, entry_size(header));
            size = own;
        }
        if (type >= '1' && type <= '6') size = 0;
        if (size > tar_.size() - at) return fail("it is cut short");
        std::string_view body = tar_.substr(at, size);
        at += std::min<std::size_t>((size + k_block - 1) / k_block * k_block, tar_.size() - at);
        if (type == 'x') {
            TRY_VOID(pax_header(body, pending_.pax));
        } else if (type == 'g') {
            TRY_VOID(pax_header(body, global_));
        } else if (type == 'L') {
            pending_.long_name = std::string(body.substr(0, body.find('\0')));
        } else if (type != 'K') {
            TRY_VOID(entry(header, body));
            pending_.clear();
        }
    }
    if (!ended && at < tar_.size()) return fail("it is cut short");
    if (entries_ == 0) return fail("it is empty");
    return {};
}

class Collector : public TarVisitor {
   public:
    Status file(std::string_view path, std::string_view bytes, bool executable) override {
        files.push_back({std::string(path), std::string(bytes), executable});
        return {};
    }
    std::vector<TarFile> files;
};

}  // namespace tar_detail

Status TarVisitor::directory(std::string_view) { return {}; }

std::string write_tar(const std::vector<TarFile>& files, std::int64_t mtime) {
    using namespace tar_detail;
    std::uint64_t time = static_cast<std::uint64_t>(std::clamp<std::int64_t>(mtime, 0, k_max_octal));
    std::size_t total = 10240;
    for (const TarFile& file : files) total += file.bytes.size() + 3 * k_block;
    std::string out;
    out.reserve(total);
    for (const TarFile& file : files) {
        std::string_view prefix, name;
        std::string extended;
        if (!ascii(file.path) || !ustar_split(file.path, prefix, name)) {
            extended += pax_record("path", file.path);
            prefix = {};
            name = "pax";  // readers that know pax never see it
        }
        std::uint64_t size = file.bytes.size();
        if (size > k_max_octal) extended += pax_record("size", std::to_string(size));
        if (!extended.empty()) {
            out += make_header("pax_header", {}, extended.size(), 0644, time, 'x');
            out += extended;
            pad(out);
        }
        out += make_header(name, prefix, size > k_max_octal ? 0 : size, file.executable ? 0755 : 0644, time, '0');
        out += file.bytes;
        pad(out);
    }
    out.append(2 * k_block, '\0');
    out.resize((out.size() + 10239) / 10240 * 10240, '\0');  // the record size that old readers want
    return out;
}

std::string write_tar_gz(const std::vector<TarFile>& files, std::int64_t mtime) {
    return gzip(write_tar(files, mtime), k_tar_gzip_level);
}

Status visit_tar(std::string_view tar, std::string_view name, const TarRules& rules, TarVisitor& visitor) {
    return tar_detail::Reader(tar, name, rules, visitor).run();
}

Status visit_tar_gz(std::string_view bytes, std::string_view name, const TarRules& rules, TarVisitor& visitor) {
    auto tar = gunzip(bytes, rules.max_total);
    if (!tar) return std::move(tar).error().note(cat("while unpacking ", name));
    return visit_tar(*tar, name, rules, visitor);
}

Result<std::vector<TarFile>> read_tar_gz(std::string_view bytes, std::string_view name, const TarRules& rules) {
    tar_detail::Collector collector;
    TRY_VOID(visit_tar_gz(bytes, name, rules, collector));
    return std::move(collector.files);
}

}  // namespace cermet
