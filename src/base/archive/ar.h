// Ar: the members of a static library, as views of its bytes.
// SPDX-License-Identifier: MIT
//
// GNU's and BSD's long names; symbol tables are left out. A thin archive has no bytes of its own: it has no members here.
// Bytes are untrusted: every size is checked, a broken archive is a Project error. Source: ar(5), binutils' ar.h.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet {

struct ArMember {
    std::string name;        // "tree.o"
    std::string_view bytes;  // of the archive's own
};

bool is_ar(std::string_view bytes);
Result<std::vector<ArMember>> read_ar(std::string_view bytes, std::string_view name);

}  // namespace cermet
