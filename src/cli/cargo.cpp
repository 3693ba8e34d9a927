// `cargo metadata` for build scripts, from what the build prepared for them.
// SPDX-License-Identifier: MIT
//
// The build wrote the answer as a file of the script's inputs (CERMET_CARGO_METADATA) in canonical text; where the places
// are not mounted, CERMET_CARGO_PLACES says what they are here. Nothing is read besides: a script cannot learn more
// than its key holds.
#include "cli/cargo.h"

#include <cstdio>
#include <set>

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::cli {
namespace cargo_detail {

int refuse(const std::string& message) {
    std::string text = cat("error: ", message, "\n");
    std::fwrite(text.data(), 1, text.size(), stderr);
    return 101;  // as cargo does
}

// "real=/cermet/ws:real2=/cermet/pkg" applied backwards.
std::string render(std::string text) {
    for (const std::string& pair : split(platform::environment("CERMET_CARGO_PLACES").value_or(""), ':')) {
        std::size_t equals = pair.rfind('=');
        if (equals == std::string::npos || pair.substr(0, equals) == pair.substr(equals + 1)) continue;
        text = replace_all(text, pair.substr(equals + 1) + "/", pair.substr(0, equals) + "/");
        text = replace_all(text, pair.substr(equals + 1) + "\"", pair.substr(0, equals) + "\"");
    }
    return text;
}

Json without_dependencies(Json answer) {
    std::set<std::string> members;
    for (const std::string& id : answer["workspace_members"].string_list()) members.insert(id);
    Json::Array packages;
    for (const Json& package : answer["packages"].array()) {
        if (members.count(package["id"].string()) != 0) packages.push_back(package);
    }
    answer.set("packages", Json(std::move(packages)));
    answer.set("resolve", Json());
    return answer;
}

int metadata(const std::vector<std::string>& arguments) {
    std::optional<std::string> path = platform::environment("CERMET_CARGO_METADATA");
    std::optional<std::string> text = path ? platform::find_file_bytes(*path) : std::nullopt;
    if (!text) {
        return refuse("`cargo metadata` is only answered to build scripts of crates in the workspace");
    }
    Result<Json> answer = parse_json(render(*text), "cargo metadata");
    if (!answer.ok()) return refuse(answer.error().message);
    Json printed = *answer;
    for (const std::string& argument : arguments) {
        if (argument == "--no-deps") printed = without_dependencies(std::move(printed));
    }
    std::string line = printed.dump() + "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
    return 0;
}

}  // namespace cargo_detail

bool called_as_cargo(const std::string& program) { return file_name(program) == "cargo"; }

int cargo_main(const std::vector<std::string>& arguments) {
    for (const std::string& argument : arguments) {
        if (argument == "metadata") return cargo_detail::metadata(arguments);
        if (argument == "--version" || argument == "-V") {
            std::fputs("cargo 1.95.0 (answered by cermet)\n", stdout);
            return 0;
        }
    }
    return cargo_detail::refuse(
        "inside a Cermet build `cargo` only answers `metadata`; use cargo itself for other commands");
}

}  // namespace cermet::cli
