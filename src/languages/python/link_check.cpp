// Checking a link's libraries before it and its result after it.
// SPDX-License-Identifier: MIT
#include "languages/python/link_check.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/python/environment.h"
#include "languages/python/package.h"
#include "languages/python/target.h"
#include "languages/rust/rust.h"
#include "platform/os.h"

namespace cermet::python {
namespace link_check_detail {

using platform::AbiRecord;

bool starts_with(std::string_view text, std::string_view head) { return text.substr(0, head.size()) == head; }

bool names_file(std::string_view word) {
    if (word.empty() || word[0] == '-') return false;
    const std::string_view end = extension(word);
    return end == ".a" || end == ".so" || end == ".o" || end == ".rlib" || contains(file_name(word), ".so.");
}

// Words as the linker sees them: "-Wl,--whole-archive,x.a" is three, "-l z" is one.
std::vector<LinkWord> linker_words(const std::vector<LinkWord>& words) {
    std::vector<LinkWord> out;
    for (const LinkWord& one : words) {
        std::vector<std::string> parts = {one.word};
        if (starts_with(one.word, "-Wl,")) parts = split(std::string_view(one.word).substr(4), ',');
        for (const std::string& part : parts) {
            const bool waits = !out.empty() && (out.back().word == "-l" || out.back().word == "-L");
            if (waits) {
                out.back().word += part;
            } else {
                out.push_back({part, one.said_by, one.where});
            }
        }
    }
    return out;
}

class Finder {
   public:
    Finder(const std::vector<LinkWord>& words, const std::vector<std::string>& directories, SourceFiles& files)
        : words_(linker_words(words)), files_(files) {
        for (const LinkWord& one : words_) {
            if (starts_with(one.word, "-L")) search_.push_back(join_path(exec::k_ws, one.word.substr(2)));
        }
        search_.insert(search_.end(), directories.begin(), directories.end());
    }

    std::vector<LinkedFile> run() {
        bool shared = true;
        for (const LinkWord& one : words_) {
            if (one.word == "-static" || one.word == "-Bstatic") shared = false;
            if (one.word == "-Bdynamic") shared = true;
            if (starts_with(one.word, "-l") && one.word.size() > 2) library(one, shared);
            if (names_file(one.word)) add(join_path(exec::k_ws, one.word), one);
        }
        return std::move(found_);
    }

   private:
    bool add(const std::string& path, const LinkWord& said) {
        if (files_.kind(path) != SourceKind::File) return false;
        const bool seen =
            std::any_of(found_.begin(), found_.end(), [&path](const LinkedFile& file) { return file.path == path; });
        if (!seen) found_.push_back({path, said});
        return true;
    }

    void library(const LinkWord& said, bool shared) {
        std::string name = said.word.substr(2);
        std::vector<std::string> candidates = {cat("lib", name, ".so"), cat("lib", name, ".a")};
        if (!shared) candidates.erase(candidates.begin());
        if (name[0] == ':') candidates = {name.substr(1)};
        for (const std::string& directory : search_) {
            for (const std::string& candidate : candidates) {
                if (add(join_path(directory, candidate), said)) return;
            }
        }
    }

    std::vector<LinkWord> words_;
    SourceFiles& files_;
    std::vector<std::string> search_;
    std::vector<LinkedFile> found_;
};

// Steps of this build write there and nowhere else.
bool made_here(std::string_view path) { return is_within(path, exec::k_out) || is_within(path, exec::k_shared); }

struct Own {
    AbiRecord abi;
    std::set<std::string> cxx_called;
};

// What is compiled here, seen from its objects, on top of what the compiler says of itself.
Own own_abi(const LinkCheck& check, const exec::Places& places) {
    Own own;
    AbiRecord& record = own.abi;
    record = abi_of(check.toolchain);
    record.cxx_interface = true;
    bool first = true;
    for (const exec::Input& object : check.objects) {
        Result<platform::MappedFile> mapped = platform::MappedFile::open(places.host(object.path));
        if (!mapped.ok()) continue;
        const Result<LibraryAbi> abi = read_library_abi(mapped->bytes(), object.path);
        if (!abi.ok() || abi->parts.empty()) continue;  // link-time optimisation: no ELF yet
        const AbiRecord& shown = abi->parts[0].abi;
        record.arch = shown.arch;
        record.pointer_width = shown.pointer_width;
        record.byte_order = shown.byte_order;
        if (!shown.cxx_library.empty()) record.cxx_library = shown.cxx_library;
        const bool other = !first && record.cxx_strings != shown.cxx_strings;
        if (shown.cxx_strings != platform::CxxStrings::Unknown) {
            record.cxx_strings = other ? platform::CxxStrings::Unknown : shown.cxx_strings;
            first = false;
        }
        own.cxx_called.insert(abi->cxx_called.begin(), abi->cxx_called.end());
    }
    return own;
}

// The rustc of the archives that this build made of crates.
std::string own_rustc(const LinkCheck& check, const exec::Places& places) {
    for (const LinkWord& library : check.libraries) {
        if (!made_here(library.word)) continue;
        Result<platform::MappedFile> mapped = platform::MappedFile::open(places.host(library.word));
        if (!mapped.ok()) continue;
        const Result<LibraryAbi> abi = read_library_abi(mapped->bytes(), library.word);
        if (!abi.ok()) continue;
        for (const LibraryPart& part : abi->parts) {
            if (!part.abi.rustc.empty()) return part.abi.rustc;
        }
    }
    return {};
}

std::string part_name(const LinkedFile& file, const LibraryPart& part) {
    return part.member.empty() ? file.path : cat(file.path, "(", part.member, ")");
}

Error refusal(const LinkCheck& check, const LinkedFile& file, const LibraryPart& part, const AbiRecord& own,
              const std::string& conflict) {
    Error error = project_error(cat(check.name, " cannot be linked with ", file.path, ": it ", conflict),
                                "put a library there that is built as this target is, or build it in the same graph");
    error.where = file.said.where;
    error.because.push_back(cat(part_name(file, part), ": ", part.abi.text()));
    error.because.push_back(cat(check.name, ", ", check.made_by, " ", join(check.toolchain.command, " "), " ",
                                check.toolchain.version, ": ", own.text()));
    error.because.push_back(cat(file.said.word, " is said by ", file.said.said_by));
    return error;
}

bool share_any(const std::set<std::string>& left, const std::set<std::string>& right) {
    return std::any_of(left.begin(), left.end(), [&right](const std::string& one) { return right.count(one) != 0; });
}

// What cannot be read is the linker's to judge.
Status check_file(const LinkCheck& check, const LinkedFile& file, Own& own, const exec::Places& places) {
    TRY(mapped, platform::MappedFile::open(places.host(file.path)));
    Result<LibraryAbi> abi = read_library_abi(mapped.bytes(), file.path);
    if (!abi.ok()) return {};
    const bool cxx = share_any(own.cxx_called, abi->cxx_offered);
    for (LibraryPart& part : abi->parts) {
        part.abi.cxx_interface = cxx;
        if (part.abi.rust_interface && own.abi.rustc.empty()) own.abi.rustc = own_rustc(check, places);
        const std::vector<std::string> conflicts = platform::abi_conflicts(part.abi, own.abi);
        if (!conflicts.empty()) return refusal(check, file, part, own.abi, conflicts[0]);
    }
    return {};
}

std::vector<LinkedFile> all_files(const LinkCheck& check, SourceFiles& files) {
    std::vector<LinkedFile> found = find_linked_files(check.words, check.toolchain.library_order, files);
    for (const LinkWord& library : check.libraries) {
        if (!made_here(library.word)) found.push_back({library.word, library});
    }
    std::erase_if(found, [](const LinkedFile& file) { return made_here(file.path); });
    return found;
}

void write_words(ByteWriter& out, const std::vector<LinkWord>& words) {
    out.varint(words.size());
    for (const LinkWord& one : words) out.string(one.word);
}

// Of what loads modules: the file that holds Python where it is here, else the machine alone.
Result<AbiRecord> loader_abi(const Python& python, const Target& target) {
    c::Toolchain machine;
    machine.target = target.triple;
    if (python.runtime_library.empty()) return abi_of(machine);
    TRY(mapped, platform::MappedFile::open(python.runtime_library));
    const Result<LibraryAbi> holder = read_library_abi(mapped.bytes(), python.runtime_library);
    if (!holder.ok() || holder->parts.empty()) return abi_of(machine);
    return holder->parts[0].abi;
}

}  // namespace link_check_detail

std::vector<LinkedFile> find_linked_files(const std::vector<LinkWord>& words,
                                          const std::vector<std::string>& directories, SourceFiles& files) {
    return link_check_detail::Finder(words, directories, files).run();
}

CheckLink::CheckLink(LinkCheck check) : check_(std::make_shared<const LinkCheck>(std::move(check))) {
    ByteWriter out;
    link_check_detail::write_words(out, check_->words);
    link_check_detail::write_words(out, check_->libraries);
    out.string(check_->toolchain.digest);
    for (const exec::Input& object : check_->objects) {
        out.string(object.path);
        out.digest(object.digest);
    }
    text_ = cat(check_->name, " ", digest_of(out.bytes()).hex());
}

engine::Task<std::vector<exec::Input>> run(engine::Build build, CheckLink key) {
    const LinkCheck& check = key.check();
    exec::Executor& executor = build.service<exec::Executor>();
    std::vector<LinkedFile> files = link_check_detail::all_files(check, executor.files());
    std::vector<exec::Input> found;
    if (files.empty()) co_return found;
    std::vector<exec::FileDigest> wanted;
    for (const LinkedFile& file : files) wanted.emplace_back(file.path);
    std::vector<Digest> digests = co_await build.all(wanted);
    link_check_detail::Own own = link_check_detail::own_abi(check, executor.places());
    if (check.python) {
        Python python = co_await build.get(FindPython());
        own.abi.python = abi_of(python.record);
        own.abi.python.stable = check.stable_abi;
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        CO_TRY_VOID(link_check_detail::check_file(check, files[i], own, executor.places()));
        found.emplace_back(files[i].path, digests[i]);
    }
    co_return found;
}

namespace link_check_detail {

// "static:+whole-archive=foo:renamed" as the linker is told it; none: no library of this system.
std::vector<std::string> words_of_library(std::string_view said) {
    const std::size_t equal = said.find('=');
    const std::string_view kind = equal == std::string_view::npos ? std::string_view() : said.substr(0, equal);
    std::string_view name = equal == std::string_view::npos ? said : said.substr(equal + 1);
    name = name.substr(0, name.find(':'));
    if (name.empty() || starts_with(kind, "framework") || starts_with(kind, "raw-dylib")) return {};
    const char* colon = contains(kind, "+verbatim") ? ":" : "";
    const char* how = starts_with(kind, "static") ? "-Bstatic" : "-Bdynamic";
    return {how, cat("-l", colon, name)};
}

std::string directory_of_search(const std::string& said) {
    const std::size_t equal = said.find('=');
    const std::string kind = equal == std::string::npos ? std::string() : said.substr(0, equal);
    const bool libraries = kind.empty() || kind == "native" || kind == "all";
    return libraries ? said.substr(equal == std::string::npos ? 0 : equal + 1) : std::string();
}

LinkCheck check_of(const rust::ScriptLibraries& what) {
    LinkCheck check;
    check.name = cat("the crate ", what.crate);
    check.toolchain = what.linker;
    check.made_by = what.linker.command.empty() ? "built for" : "linked by";
    if (check.toolchain.command.empty()) check.toolchain.command = {what.linker.target.rust()};
    Where where;
    where.file = what.manifest;
    for (const std::string& search : what.search) {
        const std::string directory = directory_of_search(search);
        if (!directory.empty()) check.words.push_back({"-L" + directory, "", where});
    }
    for (const std::string& library : what.libraries) {
        for (const std::string& word : words_of_library(library)) {
            check.words.push_back({word, cat("its build script: cargo::rustc-link-lib=", library), where});
        }
    }
    return check;
}

}  // namespace link_check_detail

engine::Task<bool> run(engine::Build build, CheckLoad key) {
    const exec::Places& places = build.service<exec::Executor>().places();
    CO_TRY(mapped, platform::MappedFile::open(places.host(key.file().path)));
    const Result<LibraryAbi> file = read_library_abi(mapped.bytes(), key.shown());
    if (!file.ok() || file->parts.empty()) co_return true;  // other object formats
    SharedConfig config = co_await build.get(LoadConfig());
    Python python = co_await build.get(FindPython());
    CO_TRY(own, link_check_detail::loader_abi(python, target_of(*config)));
    own.python = abi_of(python.record);
    own.libc_version.clear();  // what it needs, not what there is
    std::vector<std::string> conflicts = platform::abi_conflicts(file->parts[0].abi, own);
    if (conflicts.empty()) co_return true;
    Error error = project_error(
        cat("Python ", python.record.full_version, " cannot load ", key.shown(), ": it ", conflicts[0]),
        "its compiler must be one for this Python's machine and C library: see CC, CXX and `cermet toolchain`");
    error.where = key.place();
    error.because.push_back(cat(key.shown(), ": ", file->parts[0].abi.text()));
    error.because.push_back(cat(python.executable, ": ", own.text()));
    co_return error;
}

}  // namespace cermet::python

namespace cermet::rust {

// What the script itself made counts too: it may have taken another machine's compiler for it.
engine::Task<std::vector<exec::Input>> run(engine::Build build, CheckScriptLibraries key) {
    namespace detail = python::link_check_detail;
    exec::Executor& executor = build.service<exec::Executor>();
    const python::LinkCheck check = detail::check_of(key.what());
    std::vector<python::LinkedFile> files =
        python::find_linked_files(check.words, key.what().linker.library_order, executor.files());
    detail::Own own = detail::own_abi(check, executor.places());
    std::vector<exec::FileDigest> wanted;
    for (const python::LinkedFile& file : files) {
        CO_TRY_VOID(detail::check_file(check, file, own, executor.places()));
        if (!detail::made_here(file.path)) wanted.emplace_back(file.path);
    }
    std::vector<Digest> digests = co_await build.all(wanted);
    std::vector<exec::Input> found;
    for (const python::LinkedFile& file : files) {
        if (detail::made_here(file.path)) continue;
        found.emplace_back(file.path, digests[found.size()]);
    }
    co_return found;
}

}  // namespace cermet::rust
