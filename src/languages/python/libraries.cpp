// Finding shared libraries.
// SPDX-License-Identifier: MIT
#include "languages/python/libraries.h"

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::python {
namespace libraries_detail {

// ld.so.conf and what it includes: only one level, as distributions write it.
void read_conf(const std::string& path, std::vector<std::string>& directories) {
    for (const std::string& line : split_lines(platform::find_file_bytes(path).value_or(""))) {
        std::string_view text = trim(std::string_view(line).substr(0, line.find('#')));
        if (!text.empty() && text[0] == '/') directories.emplace_back(text);
    }
}

std::vector<std::string> system_directories(const std::string& multiarch) {
    std::vector<std::string> directories;
    read_conf("/etc/ld.so.conf", directories);
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_directory("/etc/ld.so.conf.d");
    if (entries.ok()) {
        for (const platform::DirectoryEntry& entry : *entries)
            read_conf("/etc/ld.so.conf.d/" + entry.name, directories);
    }
    for (const char* base : {"/lib", "/usr/lib"}) {
        if (!multiarch.empty()) directories.push_back(cat(base, "/", multiarch));
        directories.push_back(cat(base, "64"));
        directories.push_back(base);
    }
    return directories;
}

}  // namespace libraries_detail

Libraries::Libraries(const std::string& multiarch) : directories_(libraries_detail::system_directories(multiarch)) {}

void Libraries::add_member(const std::string& soname, const ElfFile& file) {
    known_[soname] = std::make_shared<const ElfFile>(file);
}

const ElfFile* Libraries::find(const std::string& soname, const std::vector<std::string>& search) {
    auto known = known_.find(soname);
    if (known != known_.end()) return known->second.get();
    std::vector<std::string> directories;
    for (const std::string& directory : search) {
        if (is_absolute(directory)) directories.push_back(directory);
    }
    directories.insert(directories.end(), directories_.begin(), directories_.end());
    std::shared_ptr<const ElfFile> found;
    for (const std::string& directory : directories) {
        std::string path = join_path(directory, soname);
        if (!platform::is_file(path)) continue;
        Result<platform::MappedFile> mapped = platform::MappedFile::open(path);
        if (!mapped.ok() || !is_elf(mapped->bytes())) continue;
        Result<ElfFile> elf = read_elf(mapped->bytes(), path);
        if (!elf.ok()) continue;
        found = std::make_shared<const ElfFile>(*elf);
        break;
    }
    known_[soname] = found;
    return found.get();
}

std::set<std::string> Libraries::offered_to(const ElfFile& file, std::set<std::string>& missing) {
    std::set<std::string> offered;
    std::set<std::string> seen;
    std::vector<const ElfFile*> open = {&file};
    while (!open.empty()) {
        const ElfFile* user = open.back();
        open.pop_back();
        const std::vector<std::string>& search = user->runpath.empty() ? user->rpath : user->runpath;
        for (const std::string& soname : user->needed) {
            if (!seen.insert(soname).second) continue;
            const ElfFile* library = find(soname, search);
            if (library == nullptr) {
                missing.insert(soname);
                continue;
            }
            for (const ElfSymbol& symbol : library->exported) offered.insert(symbol.name);
            open.push_back(library);
        }
    }
    return offered;
}

}  // namespace cermet::python
