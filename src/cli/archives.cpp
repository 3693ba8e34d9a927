// Making archives: the null build first, then the build.
// SPDX-License-Identifier: MIT
#include "cli/archives.h"

#include "base/path.h"
#include "base/text.h"
#include "cli/checkout.h"
#include "languages/python/distribution.h"
#include "languages/python/require_sources.h"
#include "languages/python/sdist_files.h"
#include "platform/os.h"

namespace cermet::cli {
namespace archives_detail {

std::string_view name_of(ArchiveKind kind) {
    switch (kind) {
        case ArchiveKind::Wheel: return "wheel";
        case ArchiveKind::Sdist: return "sdist";
        case ArchiveKind::Editable: return "editable";
    }
    return "";
}

Result<python::BuiltArchive> build(Session& session, ArchiveKind kind) {
    switch (kind) {
        case ArchiveKind::Wheel: return session.run(python::BuildWheel());
        case ArchiveKind::Sdist: return session.run(python::BuildSdist());
        case ArchiveKind::Editable: return session.run(python::BuildEditable());
    }
    return bug("unknown kind of archive");
}

void show_notices(Session& session, const std::vector<std::string>& notices) {
    for (const std::string& notice : notices) engine::emit(session.settings().events, engine::Notice{notice});
}

Result<Archive> build_archive_now(Session& session, ArchiveKind kind, const std::string& key, const KeptWords& kept) {
    TRY_VOID(session.start());
    if (kind != ArchiveKind::Sdist) TRY_VOID(require_sources(session));
    TRY(built, build(session, kind));
    Archive archive;
    archive.file_name = built.file_name;
    archive.file = built.file;
    show_notices(session, built.notices);
    Json answer;
    answer.set("file", built.file_name).set("path", built.file.path).set("digest", built.file.digest.text());
    answer.set("notices", Json::strings(built.notices)).set("said", kept.json());
    TRY_VOID(session.executor().save_request(key, answer.dump()));
    return archive;
}

std::string key_of(Session& session, ArchiveKind kind) { return request_key(session, std::string(name_of(kind))); }

// Files that a compiler reads without being told. What a crate's package holds besides its sources may be left out.
bool source_or_header(const std::string& path) {
    for (std::string_view suffix :
         {".h", ".hh", ".hpp", ".hxx", ".inc", ".c", ".cc", ".cpp", ".cxx", ".S", ".pyx", ".pxd", ".pxi"}) {
        if (extension(path) == suffix) return true;
    }
    std::string_view name = file_name(path);
    bool of_crate = name == "Cargo.toml" || name == "Cargo.lock" || name == "build.rs";
    return of_crate || (extension(path) == ".rs" && contains(cat("/", path), "/src/"));
}

// What the last wheel of this checkout was built from must be in the sdist, unless it is gone.
Status check_sdist_exclude(Session& session) {
    const std::string& project = session.request().host_directory;
    HostFiles files;
    Result<options::Config> config = options::load_config(files, project, session.request().overrides);
    if (!config.ok() || config->sdist_exclude->empty()) return {};  // what is wrong, the build will say
    std::vector<std::string> needed;
    for (const std::string& path : exec::Executor::saved_files(session.root(), key_of(session, ArchiveKind::Wheel))) {
        bool inside = is_within(path, project) && source_or_header(path);
        if (inside && platform::is_file(path)) needed.push_back(relative_to(path, project));
    }
    return python::check_left_out(*config, needed);
}

}  // namespace archives_detail

Status require_sources(Session& session) {
    TRY_VOID(session.start());
#ifndef CERMET_STAGE0
    if (session.request().offline) return session.require(python::RequireSources());
#endif
    return {};
}

Result<Archive> make_archive(Session& session, ArchiveKind kind, Listeners& listeners) {
    if (kind == ArchiveKind::Sdist) TRY_VOID(archives_detail::check_sdist_exclude(session));
    std::string key = archives_detail::key_of(session, kind);
    Remembered remembered = find_remembered(session, key);
    Archive archive;
    if (remembered.holds) {
        archive.file_name = remembered.answer["file"].string();
        archive.file.path = remembered.answer["path"].string();
        bool parsed = Digest::parse(remembered.answer["digest"].string(), archive.file.digest);
        if (parsed && session.store().has(archive.file.digest)) {
            archive.remembered = true;
            const Json& said = remembered.answer["said"];
            if (!said["said"].array().empty()) say_again(listeners.console(), said);
            archives_detail::show_notices(session, remembered.answer["notices"].string_list());
            return archive;
        }
    }
    return archives_detail::build_archive_now(session, kind, key, listeners.kept());
}

Result<std::string> deliver_archive(Session& session, ArchiveKind kind, Archive& archive, const std::string& directory,
                                    const Listeners& listeners) {
    std::string path = join_path(directory, archive.file_name);
    Status delivered = session.deliver(archive.file, path);
    if (delivered.ok()) return path;
    if (!archive.remembered) return delivered.error();
    const std::string key = archives_detail::key_of(session, kind);
    TRY(again, archives_detail::build_archive_now(session, kind, key, listeners.kept()));
    archive = again;
    path = join_path(directory, archive.file_name);
    TRY_VOID(session.deliver(archive.file, path));
    return path;
}

}  // namespace cermet::cli
