// Compiling one C or C++ source to one object.
// SPDX-License-Identifier: MIT
#include <set>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "languages/c/c.h"

namespace cermet::c {
namespace compile_detail {

std::string identity_text(const Compilation& what) {
    ByteWriter out;
    out.string(what.source.path);
    out.u8(what.language == Language::C ? 0 : 1);
    out.string(what.toolchain.digest);
    for (const std::string& flag : what.flags) out.string(flag);
    out.u8(0xff);
    for (const auto& [name, value] : what.defines) {
        out.string(name);
        out.string(value);
    }
    out.u8(0xff);
    for (const std::string& directory : what.include_dirs) out.string(directory);
    return out.take();
}

std::vector<std::string> arguments(const Compilation& what, const std::string& directory, const std::string& object) {
    std::vector<std::string> argv = what.toolchain.command;
    argv.insert(argv.end(), what.flags.begin(), what.flags.end());
    for (const auto& [name, value] : what.defines) {
        argv.push_back(value.empty() ? cat("-D", name) : cat("-D", name, "=", value));
    }
    for (const std::string& include : what.include_dirs) argv.push_back("-I" + include);
    std::vector<std::string> maps = prefix_maps(argv);
    argv.insert(argv.end(), maps.begin(), maps.end());
    argv.insert(argv.end(), {"-MD", "-MF", cat(directory, "/", object, ".d"), "-c", what.source.path, "-o",
                             cat(directory, "/", object)});
    return argv;
}

// "/cermet/tool/python-1a2b3c4d" of "-I/cermet/tool/python-1a2b3c4d/include".
void find_own_places(const std::string& text, std::set<std::string>& found) {
    for (std::string_view root : {exec::k_tool, exec::k_ext}) {
        std::string head = cat(root, "/");
        for (std::size_t at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
            std::size_t end = text.find_first_of("/ :,=\"'", at + head.size());
            found.insert(text.substr(at, end == std::string::npos ? end : end - at));
        }
    }
}

// Generated files that the preprocessor may read and then names in the depfile. Of others it does not tell: .incbin reads
// them behind its back, as assembler sources can do with any file.
bool is_told_by_depfile(const exec::Input& input, const exec::Input& source) {
    if (input.kind != exec::InputKind::File || extension(source.path) == ".S" || extension(source.path) == ".s") {
        return false;
    }
    for (std::string_view suffix : {".h", ".hh", ".hpp", ".hxx", ".inl", ".ipp", ".tpp", ".pxd", ".pxi"}) {
        if (extension(input.path) == suffix) return true;
    }
    return false;
}

}  // namespace compile_detail

Language language_of(std::string_view source) {
    std::string_view suffix = extension(source);
    return suffix == ".c" || suffix == ".S" || suffix == ".s" ? Language::C : Language::Cxx;
}

bool is_c_source(std::string_view path) {
    for (std::string_view suffix : {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".S", ".s"}) {
        if (extension(path) == suffix) return true;
    }
    return false;
}

std::vector<std::string> prefix_maps(const std::vector<std::string>& texts) {
    std::vector<std::string> places = {std::string(exec::k_ws)};
    std::set<std::string> own;
    for (const std::string& text : texts) compile_detail::find_own_places(text, own);
    places.insert(places.end(), own.begin(), own.end());
    for (std::string_view place : {exec::k_pkg, exec::k_shared, exec::k_out, exec::k_tmp}) places.emplace_back(place);
    std::vector<std::string> maps;
    for (const std::string& place : places) maps.push_back(cat("-ffile-prefix-map=", place, "=", exec::keep(place)));
    return maps;
}

std::vector<std::string> sources_named_in(std::string_view text, std::string_view file) {
    std::vector<std::string> sources;
    for (const std::string& line : split_lines(text)) {
        std::string_view rest = trim(line);
        if (rest.substr(0, 8) != "#include") continue;
        rest = trim(rest.substr(8));
        if (rest.size() < 2 || rest[0] != '"') continue;
        std::size_t end = rest.find('"', 1);
        if (end == std::string_view::npos) continue;
        std::string_view name = rest.substr(1, end - 1);
        if (is_c_source(name)) sources.push_back(join_path(parent(file), name));
    }
    return sources;
}

CompileObject::CompileObject(Compilation what) : what_(std::make_shared<const Compilation>(std::move(what))) {
    ByteWriter out;
    out.string(compile_detail::identity_text(*what_));
    out.digest(what_->source.digest);
    for (const exec::Input& input : what_->inputs) {
        out.string(input.path);
        out.digest(input.digest);
    }
    text_ = digest_of(out.bytes()).hex();
}

std::string CompileObject::describe() const {
    const Compilation& what = *what_;
    return cat("compiling ", what.project_file.empty() ? what.source.path : what.project_file);
}

engine::Task<exec::Outcome> run(engine::Build build, CompileObject key) {
    const Compilation& what = key.what();
    exec::Input source = what.source;
    if (source.digest.empty_value()) {
        Digest digest = co_await build.get(exec::FileDigest(source.path));
        source.digest = digest;
    }
    std::string identity = digest_of(compile_detail::identity_text(what)).short_hex(8);
    std::string object = cat(stem(what.source.path), ".o");
    exec::Action action;
    action.label = cat("cc-", what.name, "-", identity);
    action.description = cat("compile ", file_name(what.source.path));
    action.project_file = what.project_file.empty() ? what.source.path : what.project_file;
    action.argv = compile_detail::arguments(what, action.directory(), object);
    action.cwd = std::string(exec::k_ws);
    action.inputs = what.inputs;
    for (exec::Input& input : action.inputs) {
        if (compile_detail::is_told_by_depfile(input, source)) input.kind = exec::InputKind::Offered;
    }
    action.inputs.push_back(source);
    action.outputs = {exec::Output(object)};
    action.platform["toolchain"] = what.toolchain.digest;
    action.discovery = exec::Discovery::Depfile;
    action.discovery_file = object + ".d";
    action.include_order = what.include_dirs;
    action.expected_tools = {what.toolchain.command[0]};
    exec::Outcome object_made = co_await build.get(exec::Run(std::move(action)));
    co_return object_made;
}

}  // namespace cermet::c
