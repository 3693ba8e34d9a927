// Packages: crates and source directories; Python distributions are in python_distribution.cpp.
// SPDX-License-Identifier: MIT
#include "fetch/packages.h"

#include <set>

#include "base/archive/tar.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/place.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::fetch {

namespace packages_detail {

constexpr std::string_view k_canonical = "/cermet/pkg/";

// Names and versions come from lock files: they must not leave the directory of packages.
bool safe_name(std::string_view name) {
    if (name.empty() || name[0] == '.' || name.size() > 200) return false;
    for (const char c : name) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '+' || c == '!' || c == '~';
        if (!fine) return false;
    }
    return true;
}

Package package_of(store::Store& store, const std::string& name, const PlaceMark& mark) {
    Package out;
    out.canonical = cat(k_canonical, name);
    out.host = cat(store.packages_directory(), "/", name);
    out.digest = mark.digest;
    return out;
}

// Writes each member of a .crate without its top directory.
class CrateFiller final : public PlaceFiller, private TarVisitor {
   public:
    CrateFiller(std::string_view archive, std::string top, std::string archive_name)
        : archive_(archive), top_(std::move(top)), archive_name_(std::move(archive_name)) {}

    Result<Tree> fill(const std::string& directory) override {
        directory_ = directory;
        tree_ = Tree();
        TarRules rules;
        rules.top = top_;
        TRY_VOID(visit_tar_gz(archive_, archive_name_, rules, *this));
        tree_.sort();
        return std::move(tree_);
    }

   private:
    Status file(std::string_view path, std::string_view bytes, bool executable) override {
        TreeFile file;
        file.path = std::string(path.substr(std::min(path.size(), top_.size() + 1)));
        file.digest = digest_of(bytes);
        file.executable = executable;
        if (file.path.empty() || file.path == ".cargo-ok") return {};  // cargo's own mark does not belong into a crate
        const std::string target = cat(directory_, "/", file.path);
        TRY_VOID(platform::make_directories(std::string(parent(target))));
        TRY_VOID(store::write_new_file(target, bytes, executable ? 0755 : 0644, 0));
        tree_.files.push_back(std::move(file));
        return {};
    }

    std::string_view archive_;
    std::string top_;
    std::string archive_name_;
    std::string directory_;
    Tree tree_;
};

// Copies the files of a tree that was scanned; what it finds must be what was scanned.
class CopyFiller final : public PlaceFiller {
   public:
    CopyFiller(const Tree& tree, std::string from) : tree_(tree), from_(std::move(from)) {}

    Result<Tree> fill(const std::string& directory) override {
        for (const TreeFile& file : tree_.files) {
            const std::string target = cat(directory, "/", file.path);
            TRY_VOID(platform::make_directories(std::string(parent(target))));
            if (!file.link.empty()) {
                TRY_VOID(platform::make_symlink(file.link, target));
                continue;
            }
            TRY_VOID(store::copy_new_file(cat(from_, "/", file.path), target, file.digest, 0644, 0));
        }
        return tree_;
    }

   private:
    const Tree& tree_;
    std::string from_;
};

// What belongs to a source directory: not version control, not cargo's own mark in its git checkouts.
class SourceFilter final : public TreeFilter {
   public:
    bool wants(std::string_view path, bool directory) const override {
        if (directory) return file_name(path) != ".git";
        return file_name(path) != ".git" && path != ".cargo-ok" &&
               path != ".cermet-ok";  // .git is a file in submodules
    }
};

Status check_vendored(const Tree& tree, const std::string& directory, std::string& package_sha256) {
    const std::string path = directory + "/.cargo-checksum.json";
    const std::optional<std::string> text = platform::find_file_bytes(path);
    if (!text) return {};  // a git checkout, or a directory the user made
    TRY(listed, parse_json(*text, path));
    package_sha256 = listed["package"].string();
    std::map<std::string_view, const TreeFile*> files;
    for (const TreeFile& file : tree.files) files[file.path] = &file;
    for (const auto& [name, sha] : listed["files"].object()) {
        const auto found = files.find(name);
        if (found == files.end()) {
            return project_error(
                       cat("the vendored crate lacks the file ", name, " that its .cargo-checksum.json lists"),
                       "vendor the crate again with `cargo vendor`")
                .at(path);
        }
        if (found->second->digest.hex() == lower(sha.string())) continue;
        return project_error(cat("the vendored file ", name, " has been changed: its checksum is ",
                                 found->second->digest.short_hex(16), "…, .cargo-checksum.json says ",
                                 std::string_view(sha.string()).substr(0, 16), "…"),
                             "vendor the crate again, or use a path dependency or [patch] for a changed "
                             "crate")
            .at(cat(directory, "/", name));
    }
    return {};
}

std::string crate_place(const std::string& name, const std::string& version, const std::string& sha256) {
    return cat("crate-", name, "-", version, "-", std::string_view(sha256).substr(0, 8));
}

Package crate_of(store::Store& store, const std::string& name, const std::string& version, const std::string& sha256,
                 const PlaceMark& mark) {
    return package_of(store, crate_place(name, version, sha256), mark);
}

}  // namespace packages_detail

std::optional<Package> find_crate(store::Store& store, const std::string& name, const std::string& version,
                                  const std::string& sha256) {
    using namespace packages_detail;
    if (sha256.size() != 64 || !safe_name(cat(name, "-", version))) return std::nullopt;
    const std::optional<PlaceMark> mark = find_place(store, crate_place(name, version, lower(sha256)), lower(sha256));
    if (!mark) return std::nullopt;
    return crate_of(store, name, version, lower(sha256), *mark);
}

Result<Package> import_crate(store::Store& store, const std::string& name, const std::string& version,
                             const std::string& sha256, const std::string& crate_host_path) {
    using namespace packages_detail;
    const std::string top = cat(name, "-", version);
    if (!safe_name(top)) return project_error(cat("not a crate's name and version: ", name, " ", version));
    std::string expected = lower(sha256);
    if (expected.empty()) {
        TRY(found, store.file_digest(crate_host_path));
        expected = found.hex();
    }
    if (expected.size() != 64) return project_error(cat("not a sha256 of the crate ", name, ": ", sha256));
    if (std::optional<Package> known = find_crate(store, name, version, expected)) return std::move(*known);
    TRY(bytes, platform::read_file(crate_host_path));
    const Digest found = digest_of(bytes);
    if (found.hex() != expected) {
        return project_error(cat("checksum mismatch: ", file_name(crate_host_path), " has the sha256 ", found.hex(),
                                 ", but the lock file says ", expected),
                             "remove the file and build again; if it comes again, do not trust its source")
            .at(crate_host_path);
    }
    CrateFiller filler(bytes, top, std::string(file_name(crate_host_path)));
    TRY(made, make_place(store, crate_place(name, version, expected), expected, filler));
    return crate_of(store, name, version, expected, made);
}

Result<Package> import_directory(store::Store& store, const std::string& name, const std::string& host_path,
                                 const std::string& sha256) {
    using namespace packages_detail;
    if (!safe_name(name)) return project_error(cat("not a package's name: ", name));
    const SourceFilter filter;
    TRY(tree, scan_tree(store, host_path, &filter));
    if (tree.files.empty()) return project_error(cat("the package directory ", host_path, " is empty or absent"));
    std::string package_sha256;
    TRY_VOID(check_vendored(tree, host_path, package_sha256));
    if (!sha256.empty() && !package_sha256.empty() && sha256 != package_sha256) {
        return project_error(cat("the vendored crate is not the one that Cargo.lock names: its checksum is ",
                                 package_sha256.substr(0, 16), "…, Cargo.lock says ", sha256.substr(0, 16), "…"),
                             "vendor the crates again with `cargo vendor`")
            .at(join_path(host_path, ".cargo-checksum.json"));
    }
    const Digest digest = tree.digest();
    const std::string place = cat(name, "-", digest.short_hex(8));
    CopyFiller filler(tree, host_path);
    TRY(mark, make_place(store, place, digest.hex(), filler));
    return package_of(store, place, mark);
}

Result<std::vector<std::string>> verify_packages(store::Store& store) {
    std::vector<std::string> bad;
    for (const std::string& file : store::names_in(store.packages_directory())) {
        const std::string path = cat(store.packages_directory(), "/", file);
        if (!store::disk_stat(path).directory) continue;
        const std::optional<std::string> bytes = platform::find_file_bytes(path + ".ok");
        const std::optional<PlaceMark> mark = bytes ? decode_mark(*bytes) : std::nullopt;
        if (mark && place_is_right(store, path, *mark)) continue;
        discard_place(store, file);
        bad.push_back(file);
    }
    return bad;
}

}  // namespace cermet::fetch
