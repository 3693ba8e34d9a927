// SourceFiles: how pure code reads the user's files: every read goes through one interface, so that it is recorded.
// SPDX-License-Identifier: MIT
//
// Paths are canonical ("/cermet/ws/Cargo.toml", see exec/places.h) or host paths of files outside every place
// ("/home/u/.cargo/config.toml"). The build's implementation notes each answer - content, absence, listing - as a leaf
// of the request, which is what makes the null build sound; tests use MemoryFiles. Absence is an answer, not an error.
// Threads: used on the engine's thread only.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace cermet {

enum class SourceKind { Absent, File, Directory };

struct SourceEntry {
    std::string name;
    SourceKind kind = SourceKind::File;  // links are followed
};

class SourceFiles {
   public:
    virtual ~SourceFiles() = default;
    virtual std::optional<std::string> read(const std::string& path) = 0;  // nullopt when absent or not a file
    virtual SourceKind kind(const std::string& path) = 0;
    virtual std::vector<SourceEntry> list(const std::string& directory) = 0;  // sorted; empty when absent
    virtual std::optional<Digest> digest(const std::string& path) = 0;        // of a file's bytes
    Result<std::string> need(const std::string& path);                        // Project error when absent
};

// The files below `root` that match a path or glob ("data/**/*.csv"), relative to it, sorted; empty: there is none. Every
// directory that was looked into is recorded, so that a new match is noticed.
std::vector<std::string> matching_files(SourceFiles& files, const std::string& root, const std::string& glob);

// The directory below which such a pattern looks: "data" of "data/**/*.csv"; "" of what is no glob, and looks nowhere.
std::string searched_directory(const std::string& glob);

// Files in memory, for tests: path -> bytes. Directories exist by their files.
class MemoryFiles : public SourceFiles {
   public:
    std::map<std::string, std::string> files;
    std::optional<std::string> read(const std::string& path) override;
    SourceKind kind(const std::string& path) override;
    std::vector<SourceEntry> list(const std::string& directory) override;
    std::optional<Digest> digest(const std::string& path) override;
};

}  // namespace cermet
