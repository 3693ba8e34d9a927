// Linking: modules, shared libraries and executables with controlled exports; static archives.
// SPDX-License-Identifier: MIT

#include "base/bytes.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "languages/c/c.h"

namespace cermet::c {
namespace link_detail {

void write_inputs(ByteWriter& out, const std::vector<exec::Input>& inputs) {
    out.varint(inputs.size());
    for (const exec::Input& input : inputs) {
        out.string(input.path);
        out.digest(input.digest);
    }
}

void write_names(ByteWriter& out, const std::vector<std::string>& names) {
    out.varint(names.size());
    for (const std::string& name : names) out.string(name);
}

std::vector<std::string> paths(const std::vector<exec::Input>& inputs) {
    std::vector<std::string> all;
    for (const exec::Input& input : inputs) all.push_back(input.path);
    return all;
}

// Where the inputs lie, each directory once, in order.
std::vector<std::string> directories(const std::vector<exec::Input>& inputs) {
    std::vector<std::string> all;
    for (const exec::Input& input : inputs) {
        add_once(all, std::string(parent(input.path)));
    }
    return all;
}

// What the label may hang on: names and flags, never the bytes that are linked.
std::string identity(const Linkage& what) {
    ByteWriter out;
    out.string(what.output);
    out.string(what.toolchain.digest);
    write_names(out, paths(what.objects));
    write_names(out, paths(what.uses.archives));
    write_names(out, paths(what.uses.shared_libraries));
    write_names(out, what.uses.link_flags);
    write_names(out, what.flags);
    write_names(out, what.exports);
    if (!what.run_paths.empty()) {
        write_names(out, paths(what.uses.needed_libraries));
        write_names(out, what.run_paths);
    }
    return digest_of(out.bytes()).short_hex(8);
}

std::string version_script(const std::vector<std::string>& exports) {
    std::string text = "{\n  global:\n";
    for (const std::string& symbol : exports) text += cat("    ", symbol, ";\n");
    return text + "  local: *;\n};\n";
}

std::vector<std::string> arguments(const Linkage& what, const std::string& output, const std::string& script) {
    std::vector<std::string> argv = what.toolchain.command;
    if (what.kind != LinkKind::Executable) argv.push_back("-shared");
    if (what.kind == LinkKind::SharedLibrary) argv.push_back("-Wl,-soname," + what.output);
    for (const std::string& path : what.run_paths) argv.push_back("-Wl,-rpath," + path);
    if (!what.run_paths.empty()) argv.emplace_back("-Wl,--enable-new-dtags");  // LD_LIBRARY_PATH still comes first
    argv.insert(argv.end(), what.flags.begin(), what.flags.end());
    for (const exec::Input& object : what.objects) argv.push_back(object.path);
    argv.insert(argv.end(), {"-o", output});
    for (const exec::Input& archive : what.uses.archives) argv.push_back(archive.path);
    for (const exec::Input& library : what.uses.shared_libraries) argv.push_back(library.path);
    for (const std::string& directory : directories(what.uses.needed_libraries)) {
        argv.push_back("-Wl,-rpath-link," + directory);
    }
    argv.insert(argv.end(), what.uses.link_flags.begin(), what.uses.link_flags.end());
    if (!script.empty()) {
        argv.push_back("-Wl,--version-script=" + script);
        argv.push_back("-Wl,--exclude-libs,ALL");
    }
    std::vector<std::string> maps = prefix_maps(argv);  // the driver may compile for link-time optimisation
    argv.insert(argv.end(), maps.begin(), maps.end());
    return argv;
}

}  // namespace link_detail

void Provides::add(const Provides& other) {
    auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(include_dirs, other.include_dirs);
    append(pxd_dirs, other.pxd_dirs);
    append(compile_flags, other.compile_flags);
    append(inputs, other.inputs);
    add_to_link(other);
}

void Provides::add_to_link(const Provides& other) {
    auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(link_flags, other.link_flags);
    cxx = cxx || other.cxx;
    // An archive must come after all that need it: of two mentions the later one counts.
    for (const exec::Input& archive : other.archives) std::erase(archives, archive);
    append(archives, other.archives);
    for (auto [to, from] : {std::pair(&shared_libraries, &other.shared_libraries),
                            std::pair(&needed_libraries, &other.needed_libraries)}) {
        add_all_once(*to, *from);
    }
}

Link::Link(Linkage what) : what_(std::make_shared<const Linkage>(std::move(what))) {
    ByteWriter out;
    out.string(link_detail::identity(*what_));
    link_detail::write_inputs(out, what_->objects);
    link_detail::write_inputs(out, what_->uses.archives);
    link_detail::write_inputs(out, what_->uses.shared_libraries);
    link_detail::write_inputs(out, what_->uses.needed_libraries);
    link_detail::write_inputs(out, what_->found);
    text_ = cat(what_->name, " ", digest_of(out.bytes()).hex());
}

std::string Link::describe() const { return "linking " + what_->output; }

engine::Task<exec::Outcome> run(engine::Build build, Link key) {
    const Linkage& what = key.what();
    std::string identity = link_detail::identity(what);
    exec::Action action;
    action.label = cat("link-", what.name, "-", identity);
    action.description = "link " + what.output;
    action.project_file = what.project_file;
    std::string script;
    if (!what.exports.empty()) {
        std::vector<exec::StagedFile> files;
        files.emplace_back("exports.map", link_detail::version_script(what.exports));
        exec::Outcome staged = co_await build.get(exec::Stage(cat("exports-", what.name, "-", identity), files));
        action.inputs = staged.all_inputs();
        script = staged.canonical("exports.map");
    }
    action.argv = link_detail::arguments(what, cat(action.directory(), "/", what.output), script);
    action.cwd = std::string(exec::k_ws);
    const Provides& uses = what.uses;
    for (const auto* inputs : {&what.objects, &uses.archives, &uses.shared_libraries, &uses.needed_libraries}) {
        action.inputs.insert(action.inputs.end(), inputs->begin(), inputs->end());
    }
    for (const exec::Input& file : what.found) {
        if (is_within(file.path, exec::k_ws)) {
            action.inputs.push_back(file);
        } else {  // of the system: no part of the input root, as compilers are none
            action.platform[cat(exec::k_system_file, file.path)] = file.digest.hex();
        }
    }
    action.outputs = {exec::Output(what.output)};
    action.platform["toolchain"] = what.toolchain.digest;
    action.expected_tools = {what.toolchain.command[0]};
    action.verify_inputs = true;
    exec::Outcome linked = co_await build.get(exec::Run(std::move(action)));
    co_return linked;
}

MakeArchive::MakeArchive(Archive what) : what_(std::make_shared<const Archive>(std::move(what))) {
    ByteWriter out;
    out.string(what_->output);
    link_detail::write_inputs(out, what_->objects);
    text_ = cat(what_->name, " ", digest_of(out.bytes()).hex());
}

std::string MakeArchive::describe() const { return "archiving " + what_->output; }

engine::Task<exec::Outcome> run(engine::Build build, MakeArchive key) {
    const Archive& what = key.what();
    ByteWriter out;
    out.string(what.toolchain.digest);
    link_detail::write_names(out, link_detail::paths(what.objects));
    exec::Action action;
    action.label = cat("ar-", what.name, "-", digest_of(out.bytes()).short_hex(8));
    action.description = "archive " + what.output;
    action.argv = {what.toolchain.archiver, "crsD", cat(action.directory(), "/", what.output)};
    for (const exec::Input& object : what.objects) action.argv.push_back(object.path);
    action.cwd = std::string(exec::k_ws);
    action.inputs = what.objects;
    action.outputs = {exec::Output(what.output)};
    action.platform["toolchain"] = what.toolchain.digest;
    exec::Outcome archive = co_await build.get(exec::Run(std::move(action)));
    co_return archive;
}

}  // namespace cermet::c
