// Actions, encoded: the REAPI v2 messages Action, Command and Directory in canonical form.
// SPDX-License-Identifier: MIT
//
// Canonical form (remote-apis, "Action" and "Command"): fields in number order, defaults left out,
// environment sorted by name, output paths sorted and unique, directory entries sorted by name.
// What REAPI has no field for, but decides the result (how inputs are discovered, a worker's
// request), is part of the salt.
#include "exec/action.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"

namespace cermet::exec {

namespace action_detail {

// Changes whenever results of older versions must not be used any more.
constexpr std::string_view k_salt = "cermet action 1";
// The name under which a tree's own digest stands in a directory that has other children too.
constexpr std::string_view k_tree_entry = ".cermet-tree";

struct Node {
    std::map<std::string, Node, std::less<>> children;
    const Input* file = nullptr;
    const Input* tree = nullptr;
};

Node& descend(Node& root, std::string_view path) {
    Node* node = &root;
    std::size_t start = 0;
    while (start < path.size()) {
        std::size_t slash = path.find('/', start);
        if (slash == std::string_view::npos) slash = path.size();
        if (slash > start) {
            std::string_view name = path.substr(start, slash - start);
            auto found = node->children.find(name);
            if (found == node->children.end()) {
                found = node->children.emplace(std::string(name), Node()).first;
            }
            node = &found->second;
        }
        start = slash + 1;
    }
    return *node;
}

std::string directory_node(std::string_view name, const Digest& digest) {
    ProtoWriter node;
    node.bytes_field(1, name);
    node.digest_field(2, digest);
    return node.take();
}

// Writes the Directory message of `node` into `out` and gives its digest.
Digest write_directory(const Node& node, std::map<std::string, std::string>& out) {
    ProtoWriter files;
    std::map<std::string, Digest, std::less<>> directories;
    for (const auto& [name, child] : node.children) {
        if (child.file != nullptr && child.children.empty() && child.tree == nullptr) {
            ProtoWriter file;
            file.bytes_field(1, name);
            file.digest_field(2, child.file->digest);
            file.varint_field(4, child.file->kind == InputKind::Executable ? 1 : 0);
            files.message_field(1, file.bytes());
        } else if (child.tree != nullptr && child.children.empty()) {
            directories.emplace(name, child.tree->digest);
        } else {
            directories.emplace(name, write_directory(child, out));
        }
    }
    if (node.tree != nullptr) directories.emplace(std::string(k_tree_entry), node.tree->digest);
    ProtoWriter message;
    std::string bytes = files.take();
    for (const auto& [name, digest] : directories) {
        message.message_field(2, directory_node(name, digest));
    }
    bytes += message.bytes();
    const Digest digest = digest_of(bytes);
    out.emplace(digest.hex(), std::move(bytes));
    return digest;
}

std::string platform_message(const Action& action) {
    ProtoWriter platform;
    for (const auto& [name, value] : action.platform) {
        ProtoWriter property;
        property.bytes_field(1, name);
        property.bytes_field(2, value);
        platform.message_field(1, property.bytes());
    }
    return platform.take();
}

std::string command_message(const Action& action, const std::string& platform) {
    ProtoWriter command;
    for (const std::string& argument : action.argv) {
        command.message_field(1, argument);  // an empty argument is an element too
    }
    for (const auto& [name, value] : action.env) {
        ProtoWriter variable;
        variable.bytes_field(1, name);
        variable.bytes_field(2, value);
        command.message_field(2, variable.bytes());
    }
    if (!platform.empty()) command.message_field(5, platform);
    std::string_view cwd = action.cwd;
    if (!cwd.empty() && cwd.front() == '/') cwd.remove_prefix(1);
    command.bytes_field(6, cwd);
    std::set<std::string> outputs;
    const std::string base = action.cwd.empty() ? "/" : action.cwd;
    for (const Output& output : action.outputs) {
        outputs.insert(relative_to(join_path(action.directory(), output.path), base));
    }
    for (const std::string& output : outputs) command.message_field(7, output);
    return command.take();
}

std::string salt_of(const Action& action, const std::vector<Leaf>& others) {
    ByteWriter salt;
    salt.string(k_salt);
    salt.varint(static_cast<std::uint64_t>(action.discovery));
    salt.string(action.discovery_file);
    salt.varint(static_cast<std::uint64_t>(action.two_step));
    salt.string(action.early_output);
    salt.string(action.worker);
    salt.string(action.worker_request);
    auto add_list = [&](const std::vector<std::string>& texts) {
        salt.varint(texts.size());
        for (const std::string& text : texts) salt.string(text);
    };
    add_list(action.watch);
    add_list(action.include_order);
    add_list(action.writable);
    salt.string(action.directory());
    if (!action.path.empty()) add_list(action.path);
    if (action.network) salt.string("network");
    std::map<std::string, OutputKind> kinds;
    for (const Output& output : action.outputs) kinds.emplace(output.path, output.kind);
    salt.varint(kinds.size());
    for (const auto& [path, kind] : kinds) {
        salt.string(path);
        salt.varint(static_cast<std::uint64_t>(kind));
    }
    std::set<std::string> offered;
    for (const Input& input : action.inputs) {
        if (input.kind == InputKind::Offered) offered.insert(input.path);
    }
    for (const std::string& path : offered) {
        salt.string("offered");
        salt.string(path);
    }
    if (action.strict) {
        salt.string("strict");
        add_list(action.listable);
    }
    for (const Leaf& leaf : others) {
        salt.string(leaf_type_name(leaf.type));
        salt.string(leaf.name);
        salt.string(leaf.value);
    }
    return salt.take();
}

EncodedAction encode_with(const Action& action, const std::vector<Input>& more, const std::vector<Leaf>& others) {
    EncodedAction encoded;
    Node root;
    for (const Input& input : action.inputs) {
        if (input.kind == InputKind::Offered) continue;
        Node& node = descend(root, input.path);
        (input.kind == InputKind::Tree ? node.tree : node.file) = &input;
    }
    for (const Input& input : more) {
        Node& node = descend(root, input.path);
        if (node.file == nullptr) node.file = &input;
    }
    if (!action.cwd.empty()) descend(root, action.cwd);  // it must exist in the input root
    encoded.root_digest = write_directory(root, encoded.directories);

    const std::string platform = platform_message(action);
    encoded.command = command_message(action, platform);
    encoded.command_digest = digest_of(encoded.command);

    ProtoWriter message;
    message.digest_field(1, encoded.command_digest);
    message.digest_field(2, encoded.root_digest);
    message.bytes_field(9, salt_of(action, others));
    if (!platform.empty()) message.message_field(10, platform);
    encoded.action = message.take();
    encoded.action_digest = digest_of(encoded.action);
    return encoded;
}

}  // namespace action_detail

std::string Action::directory() const { return cat(scope == Scope::Shared ? k_shared : k_out, '/', label); }

EncodedAction encode(const Action& action) { return action_detail::encode_with(action, {}, {}); }

EncodedAction encode_exact(const Action& action, const std::vector<Leaf>& found) {
    std::vector<Input> more;
    std::vector<Leaf> others;
    for (const Leaf& leaf : found) {
        Digest digest;
        if (leaf.type == Leaf::Type::File && Digest::parse(leaf.value, digest)) {
            more.emplace_back(leaf.name, digest);
        } else {
            others.push_back(leaf);
        }
    }
    return action_detail::encode_with(action, more, others);
}

std::string_view leaf_type_name(Leaf::Type type) {
    switch (type) {
        case Leaf::Type::File: return "file";
        case Leaf::Type::Absent: return "absent";
        case Leaf::Type::Listing: return "listing";
        case Leaf::Type::Env: return "env";
        case Leaf::Type::Tool: return "tool";
        case Leaf::Type::Fact: return "fact";
        case Leaf::Type::Place: return "place";
        case Leaf::Type::Asked: return "asked";
        case Leaf::Type::Answer: return "answer";
    }
    return "?";
}

const OutputFile* Outcome::find(std::string_view path) const {
    auto found = std::lower_bound(files.begin(), files.end(), path,
                                  [](const OutputFile& file, std::string_view wanted) { return file.path < wanted; });
    if (found == files.end() || found->path != path) return nullptr;
    return &*found;
}

Digest Outcome::digest() const {
    ByteWriter bytes;
    bytes.varint(files.size());
    for (const OutputFile& file : files) {
        bytes.string(file.path);
        bytes.digest(file.digest);
        bytes.u8(file.executable ? 1 : 0);
    }
    bytes.varint(empty_directories.size());
    for (const std::string& empty : empty_directories) bytes.string(empty);
    return digest_of(bytes.bytes());
}

std::string Outcome::canonical(std::string_view relative) const { return join_path(directory, relative); }

Input Outcome::input(std::string_view relative) const {
    const OutputFile* file = find(relative);
    if (file == nullptr) {
        abort_bug(cat("a rule wants the output \"", relative, "\" of ", directory,
                      ", which that step did not declare or write"));
    }
    return Input(canonical(relative), file->digest, file->executable ? InputKind::Executable : InputKind::File);
}

std::vector<Input> Outcome::all_inputs() const {
    std::vector<Input> inputs;
    inputs.reserve(files.size());
    for (const OutputFile& file : files) {
        inputs.emplace_back(canonical(file.path), file.digest,
                            file.executable ? InputKind::Executable : InputKind::File);
    }
    return inputs;
}

}  // namespace cermet::exec
