// Packages: installed Python distributions, read by their RECORD.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/packages.h"
#include "fetch/place.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::fetch {

namespace python_distribution_detail {

enum class Belief { Record, OnlyBytes };
constexpr std::string_view k_liars = "wrong-record";  // entries: RECORD files whose hashes are not those of the files

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// One CSV line: fields with optional quotes, "" inside quotes is one quote.
std::vector<std::string> csv_fields(std::string_view line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
            out.back() += '"';
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            out.emplace_back();
        } else {
            out.back() += c;
        }
    }
    return out;
}

// What differs between installers, users and machines, and what is not data of the distribution.
bool wanted(const std::string& path, const std::string& dist_info) {
    if (is_absolute(path) || path == ".." || path.substr(0, 3) == "../") return false;  // scripts and data outside
    if (ends_with(path, ".pyc") || contains(cat("/", path), "/__pycache__/")) return false;
    if (parent(path) != dist_info) return true;
    const std::string_view name = file_name(path);
    return name != "RECORD" && name != "INSTALLER" && name != "REQUESTED" && name != "direct_url.json" &&
           name != "RECORD.jws" && name != "RECORD.p7s" && name != "uv_cache.json" && name != "uv_build.json";
}

bool is_editable(const std::string& dist_info_path, const std::vector<RecordRow>& rows) {
    if (const auto text = platform::find_file_bytes(dist_info_path + "/direct_url.json")) {
        const auto parsed = parse_json(*text, dist_info_path + "/direct_url.json");
        if (parsed.ok() && (*parsed)["dir_info"]["editable"].boolean()) return true;
    }
    for (const RecordRow& row : rows) {
        if (contains(row.path, "__editable__")) return true;
    }
    return false;
}

// The digest that RECORD gives, when it is to be believed: same size, and not written after RECORD was.
std::optional<Digest> recorded_digest(const RecordRow& row, const store::DiskStat& stat, std::int64_t record_mtime) {
    if (row.algorithm != "sha256" || !row.size || *row.size != stat.size || stat.mtime_ns > record_mtime)
        return std::nullopt;
    static constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (row.hash.size() != 43) return std::nullopt;
    Digest out;
    std::uint32_t bits = 0;
    int have = 0;
    std::size_t at = 0;
    for (const char c : row.hash) {
        const std::size_t value = k_alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        have += 6;
        if (have < 8 || at >= out.hash.size()) continue;
        have -= 8;
        out.hash[at++] = static_cast<unsigned char>((bits >> have) & 0xFFU);
    }
    if (at != out.hash.size()) return std::nullopt;
    out.size = stat.size;
    return out;
}

Result<Tree> tree_of(store::Store& store, const std::string& site, const std::string& dist_info,
                     const std::vector<RecordRow>& rows, Belief belief) {
    Tree tree;
    const std::int64_t record_mtime = store::disk_stat_followed(cat(site, "/", dist_info, "/RECORD")).mtime_ns;
    for (const RecordRow& row : rows) {
        TreeFile file;
        file.path = normalise(row.path);
        if (!wanted(file.path, dist_info)) continue;
        const std::string path = cat(site, "/", file.path);
        const store::DiskStat stat = store::disk_stat_followed(path);
        if (!stat.regular) continue;  // deleted since: what is there counts
        file.executable = (stat.mode & 0100) != 0;
        std::optional<Digest> digest;
        if (belief == Belief::Record) digest = recorded_digest(row, stat, record_mtime);
        if (!digest) {
            TRY(found, store.file_digest(path));
            digest = found;
        }
        file.digest = *digest;
        tree.files.push_back(std::move(file));
    }
    tree.sort();
    const auto same = [](const TreeFile& a, const TreeFile& b) { return a.path == b.path; };
    tree.files.erase(std::unique(tree.files.begin(), tree.files.end(), same), tree.files.end());
    return tree;
}

class DistributionFiller final : public PlaceFiller {
   public:
    DistributionFiller(const Tree& tree, std::string site) : tree_(tree), site_(std::move(site)) {}
    bool record_lied() const { return record_lied_; }

    Result<Tree> fill(const std::string& directory) override {
        for (const TreeFile& file : tree_.files) {
            const std::string target = cat(directory, "/", file.path);
            TRY_VOID(platform::make_directories(std::string(parent(target))));
            const std::string from = cat(site_, "/", file.path);
            Status copied = store::copy_new_file(from, target, file.digest, 0644, 0);
            if (copied) continue;
            const auto hashed = store::hash_file(from);
            record_lied_ = hashed.ok() && hashed->digest != file.digest;
            return std::move(copied).error();
        }
        return tree_;
    }

   private:
    const Tree& tree_;
    std::string site_;
    bool record_lied_ = false;
};

// PEP 503's normal form, for the place's name.
std::string normal_name(std::string_view name) {
    std::string out;
    for (const char c : lower(name)) {
        const bool separator = c == '-' || c == '_' || c == '.';
        if (separator && (out.empty() || out.back() == '-')) continue;
        out += separator ? '-' : c;
    }
    return out;
}

std::string safe_version(std::string_view version) {
    std::string out;
    for (const char c : version) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                          c == '+' || c == '-';
        out += fine ? c : '_';
    }
    return out;
}

Package external_package(const std::string& site, std::string reason) {
    Package out;
    out.external = true;
    out.host = site;
    out.reason = std::move(reason);
    return out;
}

}  // namespace python_distribution_detail

std::vector<RecordRow> parse_record(std::string_view text) {
    std::vector<RecordRow> rows;
    for (const std::string& line : split_lines(text)) {
        const std::vector<std::string> fields = python_distribution_detail::csv_fields(line);
        if (fields[0].empty()) continue;
        RecordRow row;
        row.path = replace_all(fields[0], "\\", "/");  // written on Windows
        if (fields.size() > 1) {
            const std::size_t equals = fields[1].find('=');
            if (equals != std::string::npos) {
                row.algorithm = fields[1].substr(0, equals);
                row.hash = fields[1].substr(equals + 1);
                while (!row.hash.empty() && row.hash.back() == '=') row.hash.pop_back();
            }
        }
        if (fields.size() > 2) {
            std::uint64_t size = 0;
            const char* end = fields[2].data() + fields[2].size();
            const auto parsed = std::from_chars(fields[2].data(), end, size);
            if (parsed.ec == std::errc() && parsed.ptr == end) row.size = size;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<Package> import_python_distribution(store::Store& store, const std::string& dist_info_host_path) {
    using namespace python_distribution_detail;
    const std::string path = normalise(dist_info_host_path);
    const std::string site(parent(path));
    const std::string dist_info(file_name(path));
    const std::string_view whole = stem(dist_info);
    const std::size_t dash = whole.rfind('-');
    if (extension(dist_info) != ".dist-info" || dash == std::string_view::npos || dash == 0) {
        return project_error(cat("not a .dist-info directory: ", path));
    }
    const std::string name = normal_name(whole.substr(0, dash));
    const std::string version = safe_version(whole.substr(dash + 1));
    const std::optional<std::string> record = platform::find_file_bytes(path + "/RECORD");
    if (!record) return external_package(site, cat(name, " has no RECORD: its files are not listed"));
    const std::vector<RecordRow> rows = parse_record(*record);
    if (is_editable(path, rows))
        return external_package(site, cat(name, " is installed in editable mode: its files lie elsewhere"));
    const Digest record_digest = digest_of(*record);
    const bool known_liar = store.find_entry(k_liars, record_digest).has_value();
    for (const Belief belief : {Belief::Record, Belief::OnlyBytes}) {
        if (known_liar && belief == Belief::Record) continue;
        TRY(tree, tree_of(store, site, dist_info, rows, belief));
        const Digest digest = tree.digest();
        const std::string place = cat("py-", name, "-", version, "-", digest.short_hex(8));
        DistributionFiller filler(tree, site);
        Result<PlaceMark> mark = make_place(store, place, digest.hex(), filler);
        if (!mark && filler.record_lied() && belief == Belief::Record) {  // some files are not what RECORD says
            TRY_VOID(store.put_entry(k_liars, record_digest, "1"));
            continue;
        }
        if (!mark) return std::move(mark).error().note(cat("while copying the Python distribution ", name));
        Package package;
        package.canonical = cat("/cermet/pkg/", place);
        package.host = cat(store.packages_directory(), "/", place);
        package.digest = mark->digest;
        return package;
    }
    return bug("import_python_distribution: no belief left");
}

}  // namespace cermet::fetch
