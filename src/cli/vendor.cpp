// `cermet vendor`: a workspace's packages as `cargo vendor` writes them, declared downloads, and the configuration.
// SPDX-License-Identifier: MIT
//
// Each package is written beside its name and renamed into place. What is no vendored package stays where it is; those
// that the lock does not name any more are removed. Packages of git sources get a manifest that needs no workspace.
// Source: cargo book, `cargo vendor`, "Source Replacement".
#include <cstdio>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/fetched.h"
#include "fetch/tree_digest.h"
#include "languages/rust/manifest/standalone.h"
#include "platform/os.h"
#include "store/disk.h"

namespace cermet::cli {
namespace vendor_detail {

constexpr std::string_view k_checksums = ".cargo-checksum.json";
constexpr std::string_view k_crates_io = "crates-io";
constexpr std::string_view k_source_name = "vendored-sources";
constexpr std::string_view k_downloads = ".downloads";  // cargo passes hidden directories over

struct Vendored {
    rust::FetchedPackage package;
    std::string name;  // of its directory
};

// The newest version of a name has the directory of that name; older ones say theirs.
Result<std::vector<Vendored>> named(const std::vector<rust::FetchedWorkspace>& workspaces, bool versioned) {
    std::vector<Vendored> all;
    std::set<std::string> seen;
    for (const rust::FetchedWorkspace& workspace : workspaces) {
        for (const rust::FetchedPackage& package : workspace.packages) {
            if (seen.insert(package.id.text()).second) all.push_back({package, ""});
        }
    }
    std::sort(all.begin(), all.end(), [](const Vendored& a, const Vendored& b) { return a.package.id < b.package.id; });
    for (std::size_t i = 0; i < all.size(); ++i) {
        const rust::PackageId& id = all[i].package.id;
        const rust::PackageId* next = i + 1 < all.size() ? &all[i + 1].package.id : nullptr;
        const bool same_name = next != nullptr && next->name == id.name;
        if (same_name && next->version == id.version) {
            return project_error(cat("two sources have ", id.name, " ", id.version, ": ", id.source.text(), " and ",
                                     next->source.text()),
                                 "a directory of vendored packages can hold only one of them");
        }
        all[i].name = versioned || same_name ? cat(id.name, "-", id.version) : id.name;
    }
    return all;
}

// What belongs to a vendored package: not version control's own files, not other packages of the same checkout.
class PackageFilter final : public fetch::TreeFilter {
   public:
    explicit PackageFilter(std::string directory, bool git) : directory_(std::move(directory)), git_(git) {}
    bool wants(std::string_view path, bool directory) const override {
        if (directory) return !git_ || !platform::is_file(cat(directory_, "/", path, "/Cargo.toml"));
        for (std::string_view left_out : {".gitattributes", ".gitignore", ".git", ".cargo-ok"}) {
            if (file_name(path) == left_out) return false;
        }
        return true;
    }

   private:
    std::string directory_;
    bool git_;
};

class Writer {
   public:
    Writer(Session& session, std::string destination) : session_(session), destination_(std::move(destination)) {}

    Status write(const Vendored& wanted) const {
        const std::string target = join_path(destination_, wanted.name);
        const std::string made = join_path(destination_, cat(".", wanted.name, ".cermet-new"));
        TRY_VOID(platform::remove_tree(made));
        TRY_VOID(platform::make_directories(made));
        Status done = fill(wanted.package, made);
        if (done.ok()) done = platform::remove_tree(target);
        if (done.ok()) done = platform::rename_path(made, target);
        if (!done.ok()) (void)platform::remove_tree(made);
        return done;
    }

   private:
    Status fill(const rust::FetchedPackage& package, const std::string& made) const {
        const bool git = package.id.source.is_git();
        const std::string from = session_.executor().places().host(package.directory);
        const PackageFilter filter(from, git);
        TRY(tree, fetch::scan_tree(session_.store(), from, &filter));
        std::map<std::string, Json> sums;
        for (const fetch::TreeFile& file : tree.files) {
            const std::string target = join_path(made, file.path);
            TRY_VOID(platform::make_directories(std::string(parent(target))));
            TRY(digest, git && (!file.link.empty() || file.path == "Cargo.toml")
                            ? write_text(package, file, target)
                            : copy(join_path(from, file.path), file, target));
            sums[file.path] = Json(digest.hex());
        }
        Json files{Json::Object{}};
        for (const auto& [path, sum] : sums) files.set(path, sum);
        Json out;
        out.set("files", std::move(files)).set("package", package.checksum.empty() ? Json() : Json(package.checksum));
        return platform::write_file(join_path(made, k_checksums), out.dump());
    }

    static Result<Digest> copy(const std::string& from, const fetch::TreeFile& file, const std::string& target) {
        TRY_VOID(store::copy_new_file(from, target, file.digest, file.executable ? 0755 : 0644, wall_ns()));
        return file.digest;
    }

    // The manifest without its workspace; what a link leads to.
    Result<Digest> write_text(const rust::FetchedPackage& package, const fetch::TreeFile& file,
                              const std::string& target) const {
        std::string text;
        if (file.path == "Cargo.toml") {
            TRY(manifest, rust::standalone_manifest(session_.executor().files(), package.directory, package.top));
            text = manifest;
        } else {
            const std::string path = join_path(package.directory, file.path);
            TRY(bytes, platform::read_file(session_.executor().places().host(path)));
            text = bytes;
        }
        TRY_VOID(platform::write_file(target, text));
        return digest_of(text);
    }

    Session& session_;
    std::string destination_;
};

Status remove_others(const std::string& destination, const std::vector<Vendored>& kept) {
    std::set<std::string> names;
    for (const Vendored& one : kept) names.insert(one.name);
    for (const std::string& name : store::names_in(destination)) {
        const std::string path = join_path(destination, name);
        const bool ours = platform::is_file(join_path(path, k_checksums));
        if (name[0] == '.' || names.count(name) != 0 || !ours) continue;
        TRY_VOID(platform::remove_tree(path));
    }
    return {};
}

std::string toml_string(const std::string& text) { return Json(text).dump(); }

// [source] tables that put the directory in the place of every source.
std::string configuration(const std::vector<Vendored>& all, const std::string& directory) {
    std::map<std::string, std::string> tables;
    for (const Vendored& one : all) {
        const rust::SourceId& source = one.package.id.source;
        std::string text;
        std::string name = source.identity();
        if (source.is_crates_io()) {
            name = k_crates_io;
        } else if (source.is_git()) {
            text = cat("git = ", toml_string(source.url), "\n");
            const std::size_t equals = source.reference.find('=');
            if (equals != std::string::npos) {
                text += cat(source.reference.substr(0, equals), " = ", toml_string(source.reference.substr(equals + 1)),
                            "\n");
            }
        } else {
            constexpr std::string_view k_git_index = "registry+";
            const bool git_index = source.url.starts_with(k_git_index);
            text =
                cat("registry = ", toml_string(git_index ? source.url.substr(k_git_index.size()) : source.url), "\n");
        }
        tables[name] = cat(text, "replace-with = ", toml_string(std::string(k_source_name)), "\n");
    }
    tables[std::string(k_source_name)] = cat("directory = ", toml_string(directory), "\n");
    std::string out;
    for (const auto& [name, text] : tables) {
        const bool bare = name == k_crates_io || name == k_source_name;
        out += cat(out.empty() ? "" : "\n", "[source.", bare ? name : toml_string(name), "]\n", text);
    }
    return out;
}

Status write_downloads(const Fetched& fetched, const std::string& destination, bool keep) {
    std::set<std::string> names;
    if (!fetched.downloads.empty()) TRY_VOID(platform::make_directories(destination));
    for (std::size_t i = 0; i < fetched.downloads.size(); ++i) {
        const std::string name = fetch::vendored_name(fetched.downloads[i]);
        names.insert(name);
        TRY_VOID(platform::copy_file(fetched.files[i].host, join_path(destination, name), 0644));
    }
    for (const std::string& name : store::names_in(destination)) {
        if (!keep && names.count(name) == 0) TRY_VOID(platform::remove_file(join_path(destination, name)));
    }
    return {};
}

struct Written {
    std::string packages;   // lines for .cargo/config.toml; "" where there are none
    std::string downloads;  // a line for [tool.cermet]; "" where there are none
};

Result<Written> vendor(Session& session, const Arguments& arguments) {
    TRY(fetched, fetch_sources(session, arguments, rust::Replacements::PassDirectories));
    TRY(all, named(fetched.workspaces, arguments.versioned_dirs));
    const std::string directory = arguments.vendor_directory.empty() ? "vendor" : arguments.vendor_directory;
    const std::string destination = join_path(platform::current_directory(), directory);
    TRY_VOID(write_downloads(fetched, join_path(destination, k_downloads), arguments.no_delete));
    Written written;
    if (!fetched.downloads.empty()) {
        written.downloads = cat("vendored-downloads = ", toml_string(join_path(directory, k_downloads)));
    }
    if (all.empty()) return written;
    TRY_VOID(platform::make_directories(destination));
    const Writer writer(session, destination);
    for (const Vendored& one : all) TRY_VOID(writer.write(one));
    if (!arguments.no_delete) TRY_VOID(remove_others(destination, all));
    written.packages = configuration(all, directory);
    return written;
}

}  // namespace vendor_detail

int vendor_command(const Arguments& arguments) {
    Listeners listeners(arguments);
    Result<std::unique_ptr<Session>> session = open_for_fetching(arguments, listeners);
    if (!session.ok()) return print_error(session.error());
    Result<vendor_detail::Written> written = vendor_detail::vendor(**session, arguments);
    if (!written.ok()) return print_error(for_people((*session)->executor(), std::move(written).error()));
    report::Console& console = listeners.console();
    if (written->packages.empty() && written->downloads.empty()) {
        console.print("there is nothing to vendor: no package comes from a registry or from git");
    }
    // stdout is what cargo's configuration takes.
    if (!written->downloads.empty() && !arguments.quiet) {
        console.print(
            cat("to use the vendored downloads, add this to [tool.cermet] of the project, or an overrides file beside "
                "it:\n\n",
                written->downloads, "\n"));
    }
    if (written->packages.empty()) return 0;
    if (!arguments.quiet) {
        console.print("to use the vendored packages, add this to .cargo/config.toml of the project:\n");
    }
    print_line(std::string(trim(written->packages)));
    return 0;
}

}  // namespace cermet::cli
