// Checking a finished wheel the way a strict installer and an index do.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "languages/python/wheel.h"

namespace cermet::python {

namespace wheel_check_detail {

// RFC 4180 rows as Python's csv module reads them; false when a quote is not closed.
bool read_csv(std::string_view text, std::vector<std::vector<std::string>>& rows) {
    std::vector<std::string> row;
    std::string field;
    bool quoted = false, any = false;
    auto end_row = [&] {
        if (any || !field.empty() || !row.empty()) {
            row.push_back(field);
            rows.push_back(row);
        }
        row.clear();
        field.clear();
        any = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (quoted) {
            if (c != '"')
                field += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                field += text[++i];
            else
                quoted = false;
        } else if (c == '"' && field.empty()) {
            quoted = any = true;
        } else if (c == ',') {
            row.push_back(field);
            field.clear();
            any = true;
        } else if (c == '\n') {
            end_row();
        } else if (c != '\r') {
            field += c;
        }
    }
    end_row();
    return !quoted;
}

class Checker {
   public:
    Checker(const ZipReader& zip, const WheelName& name) : zip_(zip), name_(name) {
        stem_ = cat(name.name, "-", replace_all(name.version.text(), "-", "_"));
    }
    std::vector<std::string> run();

   private:
    void say(std::string text) { found_.push_back(std::move(text)); }
    bool find_info();
    void record();
    void record_row(const std::vector<std::string>& row, std::set<std::string>& seen);
    void wheel_file();
    void metadata();
    void members();

    const ZipReader& zip_;
    const WheelName& name_;
    std::string stem_;
    std::string info_;
    std::vector<std::string> found_;
};

bool Checker::find_info() {
    std::set<std::string> all;
    for (const ZipEntry& entry : zip_.entries()) {
        std::string top = entry.path.substr(0, entry.path.find('/'));
        if (top.size() > 10 && top.compare(top.size() - 10, 10, ".dist-info") == 0) all.insert(top);
    }
    if (all.size() != 1) {
        say(cat("it has ", all.size(), " .dist-info directories instead of one"));
        return false;
    }
    info_ = *all.begin();
    if (info_ != stem_ + ".dist-info") say(cat("its metadata directory is ", info_, ", not ", stem_, ".dist-info"));
    for (const char* needed : {"METADATA", "WHEEL", "RECORD"}) {
        if (zip_.find(cat(info_, "/", needed)) == nullptr) say(cat(info_, "/", needed, " is missing"));
    }
    return true;
}

void Checker::record_row(const std::vector<std::string>& row, std::set<std::string>& seen) {
    if (row.size() != 3) return say("a row of RECORD has not three fields");
    const std::string& path = row[0];
    if (!seen.insert(path).second) return say(cat("RECORD names ", path, " twice"));
    const ZipEntry* entry = zip_.find(path);
    if (entry == nullptr || entry->directory) return say(cat("RECORD names ", path, ", which is not in the wheel"));
    if (path == info_ + "/RECORD") {
        if (!row[1].empty() || !row[2].empty()) say("RECORD gives a hash of itself");
        return;
    }
    auto bytes = zip_.read(*entry);
    if (!bytes) return say(bytes.error().message);
    Digest digest = digest_of(*bytes);
    std::string want = record_line(path, digest);
    std::vector<std::vector<std::string>> rows;
    read_csv(want, rows);
    if (row[1] != rows[0][1]) say(cat("the hash of ", path, " in RECORD is wrong"));
    if (row[2] != rows[0][2]) say(cat("the size of ", path, " in RECORD is wrong"));
}

void Checker::record() {
    const ZipEntry* entry = zip_.find(info_ + "/RECORD");
    if (entry == nullptr) return;
    auto text = zip_.read(*entry);
    if (!text) return say(text.error().message);
    std::vector<std::vector<std::string>> rows;
    if (!read_csv(*text, rows)) return say("RECORD is not CSV");
    std::set<std::string> seen;
    for (const auto& row : rows) record_row(row, seen);
    for (const ZipEntry& member : zip_.entries()) {
        bool signature = member.path == info_ + "/RECORD.jws" || member.path == info_ + "/RECORD.p7s";
        if (!member.directory && !signature && seen.count(member.path) == 0) {
            say(cat(member.path, " is not in RECORD"));
        }
    }
}

void Checker::wheel_file() {
    const ZipEntry* entry = zip_.find(info_ + "/WHEEL");
    if (entry == nullptr) return;
    auto text = zip_.read(*entry);
    if (!text) return say(text.error().message);
    if (metadata_field(*text, "Wheel-Version").value_or("") != "1.0") say("WHEEL is not of version 1.0");
    std::vector<std::string> tags;
    for (const std::string& line : split_lines(*text)) {
        if (line.compare(0, 5, "Tag: ") == 0) tags.push_back(line.substr(5));
    }
    std::sort(tags.begin(), tags.end());
    if (tags != name_.tags.expanded()) say("the tags in WHEEL are not those of the file name");
    bool pure = metadata_field(*text, "Root-Is-Purelib").value_or("") == "true";
    for (const ZipEntry& member : zip_.entries()) {
        if (pure && is_native_file(file_name(member.path))) {
            say(cat("the wheel says it is pure, but has ", member.path));
        }
    }
}

void Checker::metadata() {
    const ZipEntry* entry = zip_.find(info_ + "/METADATA");
    if (entry == nullptr) return;
    auto text = zip_.read(*entry);
    if (!text) return say(text.error().message);
    if (escape_name(metadata_field(*text, "Name").value_or("")) != escape_name(name_.name)) {
        say("the name in METADATA is not that of the file");
    }
    auto version = Version::find(metadata_field(*text, "Version").value_or(""));
    if (!version || !(*version == name_.version)) say("the version in METADATA is not that of the file");
    for (const std::string& line : split_lines(*text)) {
        if (line.empty()) break;
        if (line.compare(0, 14, "License-File: ") != 0) continue;
        std::string path = cat(info_, "/licenses/", line.substr(14));
        if (zip_.find(path) == nullptr)
            say(cat("METADATA names the licence ", line.substr(14), ", but ", path, " is missing"));
    }
}

void Checker::members() {
    bool info_seen = false;
    bool payload = false;
    for (const ZipEntry& entry : zip_.entries()) {
        bool info = is_within(entry.path, info_);
        if (info_seen && !info) say(cat(entry.path, " comes after the metadata directory"));
        info_seen = info_seen || info;
        payload = payload || !info;
        std::uint32_t permissions = entry.mode & 07777U;
        if (entry.mode != 0 && !entry.directory && permissions != 0644U && permissions != 0755U) {
            say(cat(entry.path, " has unusual permissions"));
        }
        if (extension(entry.path) == ".pyc") say(cat(entry.path, " is bytecode"));
    }
    if (!payload) say("it has no files besides its metadata");
    if (!zip_.entries().empty() && zip_.entries().back().path != info_ + "/RECORD")
        say("RECORD is not its last member");
}

std::vector<std::string> Checker::run() {
    if (!find_info()) return found_;
    record();
    wheel_file();
    metadata();
    members();
    return found_;
}

}  // namespace wheel_check_detail

std::vector<std::string> check_wheel(std::string_view bytes, std::string_view file_name) {
    auto name = parse_wheel_file_name(file_name);
    if (!name) return {name.error().message};
    auto zip = ZipReader::open(bytes, file_name);
    if (!zip) return {zip.error().message};
    return wheel_check_detail::Checker(*zip, *name).run();
}

}  // namespace cermet::python
