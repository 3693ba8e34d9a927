// After a process ended well: its outputs go into the store, and what it read becomes leaves.
// SPDX-License-Identifier: MIT
#include <time.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/depfile.h"
#include "exec/executor_state.h"
#include "platform/os.h"

namespace cermet::exec {

namespace collect_detail {

class Collector {
   public:
    Collector(Executor::State& state, const Action& action) : state_(state), action_(action) {
        outcome_.directory = action.directory();
    }

    Status add(const Output& output) {
        const std::string host = output_host(state_, action_, output.path);
        if (output.kind == OutputKind::Directory) return add_directory(host, output.path);
        const platform::FileInfo info = platform::stat_file(host);
        if (info.kind == platform::FileKind::File) return add_file(host, output.path);
        if (output.kind == OutputKind::OptionalFile) return {};
        Error error = step_error(cat(action_.description, " ended well but did not write ", output.path));
        if (!action_.project_file.empty()) error.where.file = state_.for_people(action_.project_file);
        return error;
    }

    Outcome take() {
        std::sort(outcome_.files.begin(), outcome_.files.end(),
                  [](const OutputFile& a, const OutputFile& b) { return a.path < b.path; });
        auto twice = std::unique(outcome_.files.begin(), outcome_.files.end(),
                                 [](const OutputFile& a, const OutputFile& b) { return a.path == b.path; });
        outcome_.files.erase(twice, outcome_.files.end());
        std::sort(outcome_.empty_directories.begin(), outcome_.empty_directories.end());
        return std::move(outcome_);
    }

   private:
    Status add_file(const std::string& host, const std::string& path) {
        const platform::FileInfo own = platform::stat_file(host, platform::FollowLinks::No);
        const platform::FileInfo info = platform::stat_file(host);
        if (own.kind == platform::FileKind::Symlink) {  // outputs are plain files everywhere: the
                                                        // link becomes its target
            TRY(target, platform::real_path(host));
            TRY_VOID(platform::remove_file(host));
            TRY_VOID(platform::copy_file(target, host, info.executable() ? 0755 : 0644));
        }
        const store::Mode mode = info.executable() ? store::Mode::Executable : store::Mode::Plain;
        TRY(digest, state_.store.put_file(host, mode));
        OutputFile file;
        file.path = path;
        file.digest = digest;
        file.executable = info.executable();
        outcome_.files.push_back(std::move(file));
        return {};
    }

    Status add_directory(const std::string& host, const std::string& path) {
        TRY(entries, platform::list_directory(host));
        bool empty = true;
        for (const platform::DirectoryEntry& entry : entries) {
            const std::string below = cat(host, "/", entry.name);
            const std::string relative = path.empty() || path == "." ? entry.name : cat(path, "/", entry.name);
            const platform::FileKind kind =
                entry.kind == platform::FileKind::Symlink ? platform::stat_file(below).kind : entry.kind;
            if (kind == platform::FileKind::Directory && entry.kind == platform::FileKind::Symlink) {
                state_.notice(
                    cat(action_.description, " made a link to a directory (", relative, "), which is left out"));
                continue;
            }
            if (kind == platform::FileKind::Directory) {
                TRY_VOID(add_directory(below, relative));
                empty = false;
            } else if (kind == platform::FileKind::File) {
                TRY_VOID(add_file(below, relative));
                empty = false;
            }
        }
        if (empty) outcome_.empty_directories.push_back(path.empty() ? "." : path);
        return {};
    }

    Executor::State& state_;
    const Action& action_;
    Outcome outcome_;
};

// Gathers leaves of one step; leaves out what the key holds already and what is the step's own.
class Finder {
   public:
    Finder(Executor::State& state, const Action& action) : state_(state), action_(action) {
        for (const Input& input : action.inputs) {
            if (input.kind == InputKind::Tree) {
                trees_.push_back(input.path);
            } else {
                declared_.insert(input.path);
            }
        }
        cwd_ = state.places.render(action.cwd.empty() ? action.directory() : action.cwd);
    }

    // A path as the tool printed it -> canonical.
    std::string canonical(const std::string& printed) const {
        const std::string raw = is_absolute(printed) ? printed : cat(cwd_, "/", printed);
        std::string plain = normalise(raw);
        if (plain != raw && contains(raw, "..")) {  // behind a link, ".." is elsewhere than the text says
            const platform::FileInfo a = platform::stat_file(raw);
            const platform::FileInfo b = platform::stat_file(plain);
            if (a.kind != platform::FileKind::Absent && (a.device != b.device || a.inode != b.inode)) plain = raw;
        }
        return state_.places.canonical(plain);
    }

    bool own(const std::string& path) const {
        return is_within(path, action_.directory()) || is_within(path, k_tmp) || is_within(path, "/proc") ||
               is_within(path, "/dev") || is_within(path, "/sys");
    }

    bool known(const std::string& path) const {
        if (declared_.count(path) > 0) return true;
        return std::any_of(trees_.begin(), trees_.end(),
                           [&](const std::string& tree) { return is_within(path, tree); });
    }

    void add_read(const std::string& path) {
        const Input* offer = offered(action_, path);
        if (offer != nullptr) leaves_.insert(Leaf{Leaf::Type::File, path, offer->digest.text()});
        if (own(path) || known(path)) return;
        std::optional<Digest> digest = state_.world.digest(path);
        if (digest) leaves_.insert(Leaf{Leaf::Type::File, path, digest->text()});
    }

    void add_absent(const std::string& path) {
        if (own(path) || known(path)) return;
        add_absent_below(std::string(parent(path)), std::string(file_name(path)));
    }

    // `relative` is not in `directory`: notes the first missing component, so that few names say
    // much.
    void add_absent_below(const std::string& directory, const std::string& relative) {
        std::string at = directory;
        for (const std::string& part : split(relative, '/')) {
            const std::string next = cat(at, "/", part);
            if (!platform::exists(state_.host(next))) {
                absent_[at].insert(part);
                return;
            }
            at = next;
        }
    }

    void add_kind(const std::string& path) {
        if (own(path) || known(path)) return;
        leaves_.insert(Leaf{Leaf::Type::Fact, "kind:" + path, World::kind_text(state_.world.kind(path))});
    }

    void add_place(const std::string& canonical_value) {
        leaves_.insert(Leaf{Leaf::Type::Place, canonical_value, state_.places.render(canonical_value)});
    }

    void add_asked(const std::string& variable) { leaves_.insert(Leaf{Leaf::Type::Asked, variable, {}}); }

    // What other steps write is in the key already, and immutable places are what their names say.
    bool changes_by_itself(const std::string& path) const {
        for (std::string_view place : {k_out, k_shared, k_pkg, k_tool, k_home}) {
            if (is_within(path, place)) return false;
        }
        return std::none_of(action_.outputs.begin(), action_.outputs.end(),
                            [&](const Output& output) { return output.path == path; });
    }

    // A path that the step printed. Of its own directory every file is declared; one above it holds what builds write.
    void add_printed(std::string_view printed) {
        const std::string path = canonical(std::string(printed));
        const std::string own_directory = state_.places.canonical(cwd_);
        if (printed.empty() || !changes_by_itself(path)) return;
        const bool around = is_within(path, own_directory) || is_within(own_directory, path);
        if (around && state_.world.kind(path) == SourceKind::Directory) return;
        add_watch(path);
    }

    // A header that a compiler read which the step started.
    void add_compiled(const std::string& printed) {
        const std::string path = canonical(printed);
        if (changes_by_itself(path) && state_.world.kind(path) == SourceKind::File) add_read(path);
    }

    void add_watch(const std::string& path) {
        switch (state_.world.kind(path)) {
            case SourceKind::File: add_read(path); return;
            case SourceKind::Absent: add_absent(path); return;
            case SourceKind::Directory: break;
        }
        std::vector<SourceEntry> entries = state_.world.list(path);
        const auto is_tag = [](const SourceEntry& entry) { return entry.name == "CACHEDIR.TAG"; };
        if (std::any_of(entries.begin(), entries.end(), is_tag)) return;
        leaves_.insert(Leaf{Leaf::Type::Listing, path, World::listing_value(entries)});
        for (const SourceEntry& entry : entries) {
            if (entry.name == ".git") continue;
            const std::string below = cat(path, "/", entry.name);
            // A link to a directory above would never end.
            if (platform::stat_file(state_.host(below), platform::FollowLinks::No).kind ==
                    platform::FileKind::Symlink &&
                entry.kind == SourceKind::Directory) {
                continue;
            }
            if (entry.kind != SourceKind::Absent) add_watch(below);
        }
    }

    // Headers that would be found before those that were: absent in each earlier directory, and
    // beside each includer.
    void add_shadows(const std::vector<std::string>& headers) {
        std::set<std::string> beside;
        for (const std::string& header : headers) {
            if (is_within(header, "/cermet") && !own(header)) beside.insert(std::string(parent(header)));
        }
        for (const std::string& header : headers) {
            for (std::size_t k = 0; k < action_.include_order.size(); ++k) {
                const std::string& found_in = action_.include_order[k];
                if (!is_within(header, found_in) || header == found_in) continue;
                const std::string relative = header.substr(found_in.size() + 1);
                for (std::size_t j = 0; j < k; ++j) add_absent_below(action_.include_order[j], relative);
                for (const std::string& directory : beside) add_absent_below(directory, relative);
            }
        }
    }

    std::vector<Leaf> take() {
        for (const auto& [directory, names] : absent_) {
            std::string value(k_absent_in);
            value += join({names.begin(), names.end()}, "\n");
            leaves_.insert(Leaf{Leaf::Type::Absent, directory, std::move(value)});
        }
        return {leaves_.begin(), leaves_.end()};
    }

   private:
    Executor::State& state_;
    const Action& action_;
    std::string cwd_;
    std::set<std::string> declared_;
    std::vector<std::string> trees_;
    std::set<Leaf> leaves_;
    std::map<std::string, std::set<std::string>> absent_;
};

// A tool that says success without having written its list of inputs has failed.
Result<std::string> read_discovery(const Action& action, const std::string& host) {
    std::optional<std::string> bytes = platform::find_file_bytes(host);
    if (bytes) return std::move(*bytes);
    return step_error(cat(action.description, " ended without an error, but did not write ", action.discovery_file),
                      "is the compiler the one it should be?");
}

Status discover_depfile(Executor::State& state, const Action& action, Finder& finder) {
    const std::string host = output_host(state, action, action.discovery_file);
    TRY(bytes, read_discovery(action, host));
    TRY(names, parse_depfile(bytes, state.for_people(action.discovery_file)));
    std::vector<std::string> headers;
    for (const std::string& name : names) headers.push_back(finder.canonical(name));
    for (const std::string& header : headers) finder.add_read(header);
    finder.add_shadows(headers);
    return {};
}

Status discover_dep_info(Executor::State& state, const Action& action, Finder& finder) {
    const std::string host = output_host(state, action, action.discovery_file);
    TRY(bytes, read_discovery(action, host));
    TRY(info, parse_dep_info(bytes, state.for_people(action.discovery_file)));
    for (const std::string& name : info.files) finder.add_read(finder.canonical(name));
    // Variables are in the key already; but a value that names a place means another text in the
    // other mode or checkout.
    for (const auto& [name, value] : info.environment) {
        if (!value) {
            if (action.env.count(name) == 0) finder.add_asked(name);
            continue;
        }
        const std::string text = state.places.canonical_text(*value);
        if (contains(text, "/cermet/")) finder.add_place(text);
    }
    return {};
}

bool occurs(std::string_view bytes, std::string_view needle) {
#if defined(__GLIBC__)
    return ::memmem(bytes.data(), bytes.size(), needle.data(), needle.size()) != nullptr;
#else
    return bytes.find(needle) != std::string_view::npos;
#endif
}

bool is_discovery_only(const Action& action) {
    if (action.discovery_file.empty()) return false;
    return std::none_of(action.outputs.begin(), action.outputs.end(),
                        [&](const Output& output) { return output.path == action.discovery_file; });
}

}  // namespace collect_detail

Result<Outcome> collect_outputs(Executor::State& state, const Action& action) {
    collect_detail::Collector collector(state, action);
    for (const Output& output : action.outputs) TRY_VOID(collector.add(output));
    return collector.take();
}

Result<std::vector<Leaf>> discover(Executor::State& state, const Action& action, const Evidence& evidence) {
    collect_detail::Finder finder(state, action);
    for (const std::string& header : evidence.headers) finder.add_compiled(header);
    switch (action.discovery) {
        case Discovery::None: break;
        case Discovery::Depfile: TRY_VOID(collect_detail::discover_depfile(state, action, finder)); break;
        case Discovery::DepInfo: TRY_VOID(collect_detail::discover_dep_info(state, action, finder)); break;
        case Discovery::Worker:
            if (evidence.reply == nullptr) return bug(cat(action.description, " has no worker to report what it read"));
            for (const std::string& path : evidence.reply->read) finder.add_read(finder.canonical(path));
            for (const std::string& path : evidence.reply->present) finder.add_kind(finder.canonical(path));
            for (const std::string& path : evidence.reply->absent) finder.add_absent(finder.canonical(path));
            break;
        case Discovery::Printed:
            for (const std::string& line : split_lines(evidence.printed)) {
                for (const std::string& head : action.watch) {
                    if (line.compare(0, head.size(), head) == 0)
                        finder.add_printed(std::string_view(line).substr(head.size()));
                }
            }
            break;
    }
    // Raw paths of this machine: parsed, never kept.
    if (collect_detail::is_discovery_only(action)) {
        TRY_VOID(platform::remove_file(output_host(state, action, action.discovery_file)));
    }
    return finder.take();
}

std::vector<Leaf> observed_places(Executor::State& state, const Action& action, const Outcome& outcome) {
    using namespace collect_detail;
    if (state.places.mode != RootMode::Plain) return {};
    std::vector<std::pair<std::string, std::string>> needles =
        state.places.all();  // canonical, what would be in the bytes
    if (state.mirror.active()) needles.emplace_back(std::string(k_ws), state.options.checkout);
    std::set<std::string> topmost;  // one search for many places that lie in one directory
    for (const auto& needle : needles) {
        const bool below_another = std::any_of(needles.begin(), needles.end(), [&](const auto& other) {
            return other.second != needle.second && is_within(needle.second, other.second);
        });
        if (!below_another) topmost.insert(needle.second);
    }
    // The cache's places are siblings.
    std::erase_if(topmost, [&](const std::string& text) { return is_within(text, state.store.directory()); });
    topmost.insert(state.store.directory());
    std::set<Leaf> found;
    for (const OutputFile& file : outcome.files) {
        Result<platform::MappedFile> map = platform::MappedFile::open(output_host(state, action, file.path));
        if (!map.ok()) continue;
        const std::string_view bytes = map->bytes();
        const bool any =
            std::any_of(topmost.begin(), topmost.end(), [&](const std::string& text) { return occurs(bytes, text); });
        if (!any) continue;
        for (const auto& [canonical, text] : needles) {
            if (occurs(bytes, text)) found.insert(Leaf{Leaf::Type::Place, canonical, state.places.render(canonical)});
        }
    }
    return {found.begin(), found.end()};
}

std::int64_t file_clock_ns() {
#if defined(__linux__)
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);  // what the kernel stamps files with
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
#else
    return wall_ns();
#endif
}

std::string changed_input(Executor::State& state, const Action& action, const std::vector<Leaf>& leaves,
                          std::int64_t start_ns) {
    const std::int64_t end_ns = file_clock_ns();
    for (const Input& input : action.inputs) {
        if (input.kind == InputKind::Tree || !(is_within(input.path, k_ws) || is_within(input.path, k_ext))) continue;
        Result<Digest> now = state.store.file_digest(state.host(input.path));
        if (!now.ok() || *now != input.digest) return input.path;
    }
    for (const Leaf& leaf : leaves) {
        if (leaf.type != Leaf::Type::File || offered(action, leaf.name) != nullptr) continue;
        if (World::changes_while_building(leaf.name) || is_within(leaf.name, k_pkg) || is_within(leaf.name, k_tool))
            continue;
        // Whoever writes a file moves its ctime to now; its mtime is anybody's, also a day to come.
        const std::int64_t changed_ns = platform::stat_file(state.host(leaf.name)).ctime_ns;
        if (changed_ns >= start_ns && changed_ns <= end_ns) return leaf.name;
        Result<Digest> now = state.store.file_digest(state.host(leaf.name));
        if (!now.ok() || now->text() != leaf.value) return leaf.name;
    }
    return {};
}

}  // namespace cermet::exec
