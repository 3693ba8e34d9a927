// Replacing rustc's list of exported symbols, and naming shared libraries.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/exports.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::rust {
namespace exports_detail {

constexpr const char* k_linker = R"(#!/bin/sh
# Starts the real linker with the exports that the project declares, in place of those that rustc lists.
list=${0%/*}/exports.map
for word do
    shift
    case $word in
        -Wl,--version-script=*) word=-Wl,--version-script=$list ;;
        --version-script=*) word=--version-script=$list ;;
    esac
    set -- "$@" "$word"
done
exec "$CERMET_LINKER" "$@"
)";

// lld refuses a list that names an undefined symbol, but not a pattern that matches none. That it is there is checked
// after the link, with a better message.
std::string pattern_of(const std::string& symbol) {
    if (symbol.empty() || has_glob(symbol)) return symbol;
    return cat("[", symbol.substr(0, 1), "]", symbol.substr(1));
}

// "-Clinker=x" or "linker=x" after "-C": x.
std::string linker_in(const std::string& flag, const std::string& before) {
    if (flag.compare(0, 9, "-Clinker=") == 0) return flag.substr(9);
    bool option = before == "-C" || before == "--codegen";
    return option && flag.compare(0, 7, "linker=") == 0 ? flag.substr(7) : std::string();
}

}  // namespace exports_detail

std::vector<exec::StagedFile> export_linker(const std::string& real_linker, const std::vector<std::string>& exports) {
    std::string list = "{\n  global:\n";
    for (const std::string& symbol : exports) list += cat("    ", exports_detail::pattern_of(symbol), ";\n");
    list += "  local: *;\n};\n";
    std::vector<exec::StagedFile> files;
    // rustc knows how to talk to a linker by its name.
    files.emplace_back(std::string(file_name(real_linker)), exports_detail::k_linker, true);
    files.emplace_back("exports.map", list);
    return files;
}

std::string linker_of(const TargetInfo& target) {
    std::string found = target.linker.empty() ? std::string("cc") : target.linker;
    std::string before;
    for (const std::string& flag : target.rustflags) {
        std::string given = exports_detail::linker_in(flag, before);
        if (!given.empty()) found = given;
        before = flag;
    }
    return found;
}

std::string label_with_exports(const std::string& label, const CrateRequest& request) {
    ByteWriter out;
    out.string(label);
    out.string(request.soname);
    for (const std::string& symbol : request.exports) out.string(symbol);
    std::size_t dash = label.rfind('-');
    return cat(label.substr(0, dash), "-", digest_of(out.bytes()).short_hex(8));
}

void apply(exec::Action& action, const RootLink& link) {
    for (const std::string& argument : link.arguments) {
        action.argv.emplace_back("-C");
        action.argv.push_back("link-arg=" + argument);
    }
    if (link.linker.empty()) return;
    action.argv.emplace_back("-C");
    action.argv.push_back("linker=" + link.linker);  // the last one counts
    action.env["CERMET_LINKER"] = link.real_linker;
    action.inputs.insert(action.inputs.end(), link.inputs.begin(), link.inputs.end());
}

}  // namespace cermet::rust
