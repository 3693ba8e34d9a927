// Archives for commands: a wheel, an sdist or an editable wheel, remembered as a whole request where nothing changed.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "cli/common.h"
#include "cli/session.h"

namespace cermet::cli {

enum class ArchiveKind { Wheel, Sdist, Editable };

struct Archive {
    std::string file_name;
    exec::Input file;
    bool remembered = false;  // nothing was asked but whether anything changed
};

// Where nothing may be fetched: everything that is missing in one error, before anything runs. Starts the session.
Status require_sources(Session& session);
// Answers from the remembered request and says again what its build said, else starts the session and builds.
Result<Archive> make_archive(Session& session, ArchiveKind kind, Listeners& listeners);
// Writes it into a directory of the user's and gives the path back; a file with these bytes is left alone. A remembered
// archive whose bytes are lost is built again, and `archive` is the new one.
Result<std::string> deliver_archive(Session& session, ArchiveKind kind, Archive& archive, const std::string& directory,
                                    const Listeners& listeners);

}  // namespace cermet::cli
