// Compiled headers: see compiled_headers.h.
// SPDX-License-Identifier: MIT
#include "exec/compiled_headers.h"

#include <set>

#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::exec {

namespace compiled_headers_detail {

constexpr std::string_view k_gcc = ".cermet-headers-gcc";
constexpr std::string_view k_clang = ".cermet-headers-clang";

}  // namespace compiled_headers_detail

bool starts_compilers(const Action& action) {
    if (!action.worker.empty() || action.two_step != TwoStep::No) return false;
    return action.discovery == Discovery::Printed || action.discovery == Discovery::None;
}

std::map<std::string, std::string> header_notes(const std::string& scratch) {
    using namespace compiled_headers_detail;
    std::map<std::string, std::string> variables = {{"CC_PRINT_HEADERS", "1"},
                                                    {"CC_PRINT_HEADERS_FILE", cat(scratch, "/", k_clang)}};
    // To gcc a space ends the file's name, and it cannot be escaped.
    if (!contains(scratch, " ")) variables.emplace("SUNPRO_DEPENDENCIES", cat(scratch, "/", k_gcc));
    return variables;
}

// Compilers that run at once append to one file, so lines may be torn: a word that is no path of a file is nobody's loss,
// as the headers that many need are noted many times.
std::vector<std::string> noted_headers(const std::string& scratch) {
    using namespace compiled_headers_detail;
    std::set<std::string> found;
    for (std::string_view name : {k_gcc, k_clang}) {
        const std::optional<std::string> text = platform::find_file_bytes(cat(scratch, "/", name));
        if (!text) continue;
        for (const std::string& word : split_words(*text)) {
            if (is_absolute(word) && word.back() != ':') found.insert(word);
        }
    }
    return {found.begin(), found.end()};
}

}  // namespace cermet::exec
