// Making archives: the null build first, then the build.
// SPDX-License-Identifier: MIT
#include "cli/archives.h"

#include "base/path.h"
#include "base/text.h"
#include "cli/common.h"
#include "languages/python/distribution.h"
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

}  // namespace archives_detail

Result<Archive> make_archive(Session& session, ArchiveKind kind) {
    std::string key = request_key(std::string(archives_detail::name_of(kind)), session.settings(), session.checkout());
    Remembered remembered = find_remembered(session.store(), session.root(), key, session.request());
    Archive archive;
    if (remembered.holds) {
        archive.file_name = remembered.answer["file"].string();
        archive.file.path = archive.file_name;
        bool parsed = Digest::parse(remembered.answer["digest"].string(), archive.file.digest);
        if (parsed && session.store().has(archive.file.digest)) {
            archive.remembered = true;
            archives_detail::show_notices(session, remembered.answer["notices"].string_list());
            return archive;
        }
    }
    TRY_VOID(session.start());
    TRY(built, archives_detail::build(session, kind));
    archive.file_name = built.file_name;
    archive.file = built.file;
    archives_detail::show_notices(session, built.notices);
    Json answer;
    answer.set("file", built.file_name).set("digest", built.file.digest.text());
    answer.set("notices", Json::strings(built.notices));
    TRY_VOID(session.executor().save_request(key, answer.dump()));
    return archive;
}

Status deliver_archive(Session& session, const Archive& archive, const std::string& host_path) {
    Result<Digest> present = session.store().file_digest(host_path);
    if (present.ok() && *present == archive.file.digest) return {};
    return session.deliver(archive.file, host_path);
}

}  // namespace cermet::cli
