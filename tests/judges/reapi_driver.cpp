// Encodes actions given as JSON lines and prints their REAPI messages, for reapi_encoding.py.
// SPDX-License-Identifier: MIT
#include <iostream>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "exec/action.h"

using namespace cermet;

static exec::Action read_action(const Json& json) {
    exec::Action action;
    action.label = json["label"].string();
    action.argv = json["argv"].string_list();
    for (const auto& [name, value] : json["env"].object()) action.env[name] = value.string();
    for (const auto& [name, value] : json["platform"].object())
        action.platform[name] = value.string();
    action.cwd = json["cwd"].string();
    for (const std::string& path : json["outputs"].string_list()) action.outputs.emplace_back(path);
    for (const Json& input : json["inputs"].array()) {
        Digest digest;
        Digest::parse(input["digest"].string(), digest);
        const std::string kind = input["kind"].string();
        action.inputs.emplace_back(input["path"].string(), digest,
                                   kind == "tree"         ? exec::InputKind::Tree
                                   : kind == "executable" ? exec::InputKind::Executable
                                                          : exec::InputKind::File);
    }
    return action;
}

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        Result<Json> json = parse_json(line, "stdin");
        if (!json.ok()) return 2;
        const exec::EncodedAction encoded = exec::encode(read_action(*json));
        Json answer;
        answer.set("action", hex(encoded.action)).set("command", hex(encoded.command));
        answer.set("action_digest", encoded.action_digest.text());
        Json directories;
        directories.set("root", encoded.root_digest.text());
        for (const auto& [name, bytes] : encoded.directories) directories.set(name, hex(bytes));
        answer.set("directories", directories);
        std::cout << answer.dump() << "\n" << std::flush;
    }
    return 0;
}
