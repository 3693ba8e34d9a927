// Pinned files: see pinned.h.
// SPDX-License-Identifier: MIT
#include "fetch/pinned.h"

#include <algorithm>

#include "base/archive/tar.h"
#include "base/archive/zip.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/place.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::fetch {
namespace pinned_detail {

constexpr std::string_view k_canonical = "/cermet/pkg/";
constexpr std::size_t k_longest_name = 100;

bool is_hex64(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(),
                                            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string place_of(const PinnedFile& file) {
    return cat("download-", file.file_name(), "-", std::string_view(file.sha256).substr(0, 8));
}

Error wrong_digest(const PinnedFile& file, const std::string& from, const std::string& found) {
    return project_error(cat("checksum mismatch: ", file.shown(), " from ", from, " has the sha256 ", found,
                             ", wanted is ", file.sha256),
                         "if the file changed for a good reason, write down its new sha256; else do not trust it")
        .at(file.place);
}

Error wrong_size(const PinnedFile& file, const std::string& from, std::uint64_t found) {
    return project_error(cat(file.shown(), " from ", from, " has ", found, " bytes, declared are ", file.size))
        .at(file.place);
}

class OneFile final : public PlaceFiller {
   public:
    OneFile(const PinnedFile& file, Digest digest, std::string from, Import how)
        : file_(file), digest_(digest), from_(std::move(from)), how_(how) {}

    Result<Tree> fill(const std::string& directory) override {
        const std::string target = cat(directory, "/", file_.file_name());
        if (how_ == Import::Take) {
            TRY_VOID(platform::rename_path(from_, target));
        } else {
            TRY_VOID(store::copy_new_file(from_, target, digest_, 0644, 0));
        }
        Tree tree;
        tree.files.push_back({file_.file_name(), digest_, false, ""});
        return tree;
    }

   private:
    const PinnedFile& file_;
    Digest digest_;
    std::string from_;
    Import how_;
};

// Writes what lies below one directory of an archive.
class Unpacked final : public PlaceFiller, private TarVisitor {
   public:
    Unpacked(const PinnedFile& file, std::string archive, std::string below, std::uint64_t largest)
        : file_(file), archive_(std::move(archive)), below_(std::move(below)), largest_(largest) {}

    Result<Tree> fill(const std::string& directory) override {
        directory_ = directory;
        tree_ = Tree();
        TRY(mapped, platform::MappedFile::open(archive_));
        const std::string suffix(extension(file_.file_name()));
        if (suffix == ".gz" || suffix == ".tgz" || suffix == ".crate") {
            TarRules rules;
            rules.one_top = false;
            rules.max_total = largest_;
            TRY_VOID(visit_tar_gz(mapped.bytes(), file_.file_name(), rules, *this));
        } else if (suffix == ".zip" || suffix == ".whl") {
            TRY_VOID(zip(mapped.bytes()));
        } else {
            return project_error(cat("`unpack` of ", file_.file_name(), ": this is no archive that can be unpacked"),
                                 "known are .tar.gz, .tgz, .crate, .zip and .whl");
        }
        if (tree_.files.empty()) {
            return project_error(cat("the archive ", file_.file_name(), " has nothing below ", below_),
                                 "`unpack` names a directory of the archive; \".\" takes all of it");
        }
        tree_.sort();
        return std::move(tree_);
    }

   private:
    Status zip(std::string_view bytes) {
        TRY(reader, ZipReader::open(bytes, file_.file_name()));
        std::uint64_t total = 0;
        for (const ZipEntry& entry : reader.entries()) {
            if (entry.directory) continue;
            total += entry.size;
            if (total > largest_) {
                return project_error(
                    cat("the archive ", file_.file_name(), " unpacks to more than ", largest_ >> 20, " MB"));
            }
            TRY(text, reader.read(entry, largest_));
            TRY_VOID(file(entry.path, text, entry.executable()));
        }
        return {};
    }

    Status file(std::string_view path, std::string_view bytes, bool executable) override {
        if (below_ != "." && (path == below_ || !is_within(path, below_))) return {};
        TreeFile made;
        made.path = below_ == "." ? std::string(path) : relative_to(path, below_);
        made.digest = digest_of(bytes);
        made.executable = executable;
        const std::string target = cat(directory_, "/", made.path);
        TRY_VOID(platform::make_directories(std::string(parent(target))));
        TRY_VOID(store::write_new_file(target, bytes, executable ? 0755 : 0644, 0));
        tree_.files.push_back(std::move(made));
        return {};
    }

    const PinnedFile& file_;
    std::string archive_;
    std::string below_;
    std::uint64_t largest_;
    std::string directory_;
    Tree tree_;
};

}  // namespace pinned_detail

std::string PinnedFile::file_name() const {
    std::string_view path = url;
    path = path.substr(0, path.find_first_of("?#"));
    const std::size_t scheme = path.find("://");
    if (scheme != std::string_view::npos) path.remove_prefix(scheme + 3);
    const std::size_t slash = path.rfind('/');
    std::string file(slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1));
    for (char& c : file) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '+';
        if (!fine) c = '_';
    }
    if (file.size() > pinned_detail::k_longest_name) file.erase(0, file.size() - pinned_detail::k_longest_name);
    if (file.empty() || file[0] == '.') file.insert(0, "file");
    return file;
}

Status check_pinned(const PinnedFile& file) {
    const bool known =
        file.url.starts_with("https://") || file.url.starts_with("http://") || file.url.starts_with("file:///");
    if (!known) {
        return project_error(cat("'", file.url, "' is no URL of a file"),
                             "it begins with https://, http:// or file:///")
            .at(file.place);
    }
    if (!pinned_detail::is_hex64(file.sha256)) {
        return project_error(cat("'", file.sha256, "' is no sha256: it has 64 hexadecimal digits"),
                             "`sha256sum FILE` prints it")
            .at(file.place);
    }
    return {};
}

std::string mirrored_url(const DownloadPolicy& policy, const std::string& url) {
    const std::pair<const std::string, std::string>* best = nullptr;
    for (const auto& entry : policy.mirrors) {
        const bool fits = !entry.first.empty() && url.starts_with(entry.first);
        if (fits && (best == nullptr || entry.first.size() > best->first.size())) best = &entry;
    }
    return best == nullptr ? url : best->second + url.substr(best->first.size());
}

std::string vendored_name(const PinnedFile& file) {
    return cat(std::string_view(file.sha256).substr(0, 16), "-", file.file_name());
}

FileSource source_of(store::Store& store, const DownloadPolicy& policy, const PinnedFile& file) {
    using Kind = FileSource::Kind;
    const auto local = policy.local.find(file.sha256);
    if (local != policy.local.end()) return {Kind::Local, local->second, false};
    if (!policy.directory.empty()) {
        const std::string path = join_path(policy.directory, vendored_name(file));
        if (platform::is_file(path)) return {Kind::Vendored, path, false};
    }
    if (const std::optional<PlacedFile> placed = find_pinned(store, file)) return {Kind::Cache, placed->host, false};
    const std::string url = mirrored_url(policy, file.url);
    return {Kind::Network, url, url != file.url};
}

std::optional<PlacedFile> find_pinned(store::Store& store, const PinnedFile& file) {
    const std::string name = pinned_detail::place_of(file);
    const std::optional<PlaceMark> mark = find_place(store, name, file.sha256);
    if (!mark || mark->tree.files.size() != 1) return std::nullopt;
    PlacedFile placed;
    placed.path = cat(pinned_detail::k_canonical, name, "/", file.file_name());
    placed.host = cat(store.packages_directory(), "/", name, "/", file.file_name());
    placed.digest = mark->tree.files[0].digest;
    return placed;
}

Result<PlacedFile> import_pinned(store::Store& store, const PinnedFile& file, const std::string& host_path,
                                 Import how) {
    using namespace pinned_detail;
    TRY(digest, store.file_digest(host_path));
    if (digest.hex() != file.sha256) return wrong_digest(file, host_path, digest.hex());
    if (file.size != 0 && digest.size != file.size) return wrong_size(file, host_path, digest.size);
    if (std::optional<PlacedFile> known = find_pinned(store, file)) return std::move(*known);
    OneFile filler(file, digest, host_path, how);
    TRY_VOID(make_place(store, place_of(file), file.sha256, filler));
    std::optional<PlacedFile> placed = find_pinned(store, file);
    if (!placed) return environment_error(cat("the cache lost ", file.shown(), " as it was put there"));
    return std::move(*placed);
}

Result<PlacedTree> unpack_pinned(store::Store& store, const PinnedFile& file, const std::string& directory,
                                 std::uint64_t largest) {
    using namespace pinned_detail;
    const std::optional<PlacedFile> placed = find_pinned(store, file);
    if (!placed) return environment_error(cat(file.shown(), " is not on this machine"));
    const std::string below = normalise(directory);
    const std::string source = cat(file.sha256, " unpacked ", below);
    const std::string name = cat("unpacked-", file.file_name(), "-", digest_of(source).short_hex(8));
    Unpacked filler(file, placed->host, below, largest);
    Result<PlaceMark> mark = make_place(store, name, source, filler);
    if (!mark.ok()) return std::move(mark).error().at(file.place);
    PlacedTree tree;
    tree.path = cat(k_canonical, name);
    tree.host = cat(store.packages_directory(), "/", name);
    tree.digest = mark->digest;
    return tree;
}

Download download_of(const store::Store& store, const DownloadPolicy& policy, const PinnedFile& file) {
    Download download;
    download.what = file.shown();
    download.url = mirrored_url(policy, file.url);
    download.target = cat(store.directory(), "/downloads/", vendored_name(file));
    download.sha256 = file.sha256;
    if (file.size != 0) download.size_cap = file.size;
    return download;
}

}  // namespace cermet::fetch
