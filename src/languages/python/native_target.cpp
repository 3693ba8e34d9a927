// Compiling and linking one native target: every use provided first, then objects in parallel, then the link.
// SPDX-License-Identifier: MIT
#include "languages/python/native_target.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/places.h"
#include "languages/python/environment.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/shared_libraries.h"

namespace cermet::python {
namespace native_target_detail {

void write_all(ByteWriter& out, const std::vector<std::string>& words) {
    out.varint(words.size());
    for (const std::string& word : words) out.string(word);
}

// Flags of the language, then the standard, as one list in the order compilers want them.
std::vector<std::string> flags_of(const NativeTarget& target, const NativeFlags& flags, c::Language language,
                                  const c::Provides& uses) {
    bool c_like = language == c::Language::C;
    std::vector<std::string> all = c_like ? flags.c : flags.cxx;
    const std::vector<std::string>& own = c_like ? target.c_flags : target.cxx_flags;
    all.insert(all.end(), uses.compile_flags.begin(), uses.compile_flags.end());
    bool cxx_std = contains(target.std, "++");
    if (!target.std.empty() && cxx_std != c_like) all.push_back("-std=" + target.std);
    all.insert(all.end(), own.begin(), own.end());
    if (!target.python_flags && target.kind != c::LinkKind::Executable) all.push_back("-fPIC");
    return all;
}

// `unity`: neighbours in the list, of one language, in batches: larger ones hardly save more, and leave cores idle. A
// generated file stands alone: it may lie where only its own step looks.
constexpr std::size_t k_batch = 16;

bool goes_with(const exec::Input& first, const exec::Input& next) {
    return first.digest.empty_value() && next.digest.empty_value() &&
           c::language_of(first.path) == c::language_of(next.path);
}

std::vector<std::vector<exec::Input>> batches_of(const NativeTarget& target) {
    std::vector<std::vector<exec::Input>> batches;
    for (const exec::Input& source : target.sources) {
        if (target.unity && !batches.empty() && batches.back().size() < k_batch &&
            goes_with(batches.back().front(), source)) {
            batches.back().push_back(source);
        } else {
            batches.push_back({source});
        }
    }
    return batches;
}

// One file for each batch of several sources: what it includes is found from the project's directory, because plain mode
// rewrites paths in commands, not in files.
std::vector<exec::StagedFile> unity_files(const std::vector<std::vector<exec::Input>>& batches) {
    std::vector<exec::StagedFile> files;
    for (const std::vector<exec::Input>& batch : batches) {
        if (batch.size() == 1) continue;
        std::string text;
        for (const exec::Input& source : batch)
            text += cat("#include \"", relative_to(source.path, exec::k_ws), "\"\n");
        std::string_view first = batch.front().path;
        files.emplace_back(cat(file_name(parent(first)), "-", std::to_string(files.size() + 1), extension(first)),
                           text);
    }
    return files;
}

c::Compilation compilation_of(const NativeTarget& target, const exec::Input& source, const NativeFlags& flags,
                              const c::Provides& uses, const std::vector<std::string>& python_includes) {
    c::Compilation what;
    what.name = std::string(stem(source.path));
    what.source = source;
    what.language = c::language_of(source.path);
    what.flags = flags_of(target, flags, what.language, uses);
    what.defines = target.defines;
    what.include_dirs = target.include_dirs;
    what.include_dirs.insert(what.include_dirs.end(), uses.include_dirs.begin(), uses.include_dirs.end());
    what.include_dirs.insert(what.include_dirs.end(), python_includes.begin(), python_includes.end());
    what.inputs = uses.inputs;
    what.project_file = target.project_file;
    if (target.unity) what.include_dirs.push_back(std::string(exec::k_ws));
    return what;
}

// The defines of the limited API say it to the headers, and so here.
bool is_limited(const NativeTarget& target) { return target.defines.count("Py_LIMITED_API") != 0; }

// Everything that the link takes besides objects, with who said it.
LinkCheck check_of(const NativeTarget& target, const NativeFlags& flags, const std::vector<c::Provides>& provided,
                   const c::Toolchain& toolchain, const std::vector<exec::Input>& objects) {
    LinkCheck check;
    check.name = target.name;
    check.toolchain = toolchain;
    check.objects = objects;
    check.python = target.python_flags;
    check.stable_abi = is_limited(target);
    for (const std::string& word : flags.link) {
        check.words.push_back({word, "the link flags of Python, LDFLAGS and the profile", target.place});
    }
    check.words.insert(check.words.end(), target.link_words.begin(), target.link_words.end());
    for (std::size_t i = 0; i < provided.size(); ++i) {
        const std::string said_by = cat("`uses` ", target.uses[i]);
        for (const std::string& word : provided[i].link_flags)
            check.words.push_back({word, said_by, target.uses_place});
        for (const auto* files : {&provided[i].archives, &provided[i].shared_libraries}) {
            for (const exec::Input& file : *files) check.libraries.push_back({file.path, said_by, target.uses_place});
        }
    }
    return check;
}

c::Linkage linkage_of(const NativeTarget& target, const c::Provides& uses, const c::Toolchain& linker) {
    c::Linkage linkage;
    linkage.name = target.name;
    linkage.output = target.output;
    linkage.kind = target.kind;
    linkage.toolchain = linker;
    linkage.uses = uses;
    linkage.uses.link_flags.insert(linkage.uses.link_flags.begin(), target.link_flags.begin(), target.link_flags.end());
    linkage.exports = target.exports;
    linkage.project_file = target.project_file;
    return linkage;
}

// `words` of one key of a table.
void add_link_words(NativeTarget& target, const options::Texts& setting, const char* key,
                    const std::vector<std::string>& words) {
    const bool in_file = !setting.origin.where.file.empty();
    const std::string said_by = in_file ? cat("`", key, "`") : cat("`", key, "` of ", setting.origin.text());
    for (const std::string& word : words) {
        target.link_flags.push_back(word);
        target.link_words.push_back({word, said_by, in_file ? setting.origin.where : target.place});
    }
}

std::vector<std::string> with_head(const std::string& head, const std::vector<std::string>& names) {
    std::vector<std::string> words;
    for (const std::string& name : names) words.push_back(head + name);
    return words;
}

}  // namespace native_target_detail

std::string NativeTarget::identity_text() const {
    using native_target_detail::write_all;
    ByteWriter out;
    out.string(name);
    out.string(output);
    out.u8(static_cast<std::uint8_t>(kind));
    out.u8(archive ? 1 : 0);
    for (const exec::Input& source : sources) {
        out.string(source.path);
        out.digest(source.digest);
    }
    write_all(out, include_dirs);
    for (const auto& [key, value] : defines) {
        out.string(key);
        out.string(value);
    }
    for (const auto* words : {&c_flags, &cxx_flags, &link_flags, &uses, &exports}) write_all(out, *words);
    out.string(std);
    out.u8(python_flags ? 1 : 0);
    out.u8(static_cast<std::uint8_t>(machine));
    out.u8(unity ? 1 : 0);
    out.string(wheel_directory);
    return out.take();
}

void fill(NativeTarget& target, const options::NativeOptions& options, const options::Config& config) {
    for (const std::string& directory : *options.include_dirs) {
        target.include_dirs.push_back(join_path(config.directory, directory));
    }
    target.defines.insert(options.define->begin(), options.define->end());
    target.c_flags.insert(target.c_flags.end(), options.c_flags->begin(), options.c_flags->end());
    const std::vector<std::string>& cxx = options.cxx_flags->empty() ? *options.c_flags : *options.cxx_flags;
    target.cxx_flags.insert(target.cxx_flags.end(), cxx.begin(), cxx.end());
    target.unity = *options.unity;
    using native_target_detail::add_link_words;
    using native_target_detail::with_head;
    std::vector<std::string> directories;
    for (const std::string& directory : *options.library_dirs) {
        directories.push_back(join_path(config.directory, directory));
    }
    add_link_words(target, options.library_dirs, "library-dirs", with_head("-L", directories));
    add_link_words(target, options.libraries, "libraries", with_head("-l", *options.libraries));
    add_link_words(target, options.link_flags, "link-flags", *options.link_flags);
    target.uses = *options.uses;
    target.uses_place = options.uses.origin.where.file.empty() ? target.place : options.uses.origin.where;
}

BuildNative::BuildNative(NativeTarget target) : target_(std::make_shared<const NativeTarget>(std::move(target))) {
    text_ = cat(target_->name, " ", digest_of(target_->identity_text()).hex());
}

engine::Task<exec::Outcome> run(engine::Build build, BuildNative key) {
    const NativeTarget& target = key.target();
    NativeFlags flags = co_await build.get(FindNativeFlags(target.python_flags, target.machine));
    std::vector<ProvideUse> wanted;
    for (const std::string& use : target.uses) wanted.push_back(ProvideUse(use, target.place, target.machine));
    std::vector<c::Provides> provided = co_await build.all(wanted);
    c::Provides uses;
    for (const c::Provides& one : provided) uses.add(one);
    std::vector<std::string> python_includes;
    if (target.python_flags) {
        Python python = co_await build.get(FindPython());
        python_includes = python.include_dirs;
    }
    std::vector<std::vector<exec::Input>> batches = native_target_detail::batches_of(target);
    std::vector<exec::StagedFile> unity = native_target_detail::unity_files(batches);
    std::vector<exec::Input> sources;
    if (!unity.empty()) {
        std::string label = cat("unity-", target.name, "-", digest_of(target.identity_text()).short_hex(8));
        exec::Outcome staged = co_await build.get(exec::Stage(label, unity));
        sources = staged.all_inputs();
    }
    for (const std::vector<exec::Input>& batch : batches) {
        if (batch.size() == 1) sources.push_back(batch.front());
    }
    bool has_cxx = false;
    std::vector<c::Compilation> compilations;
    for (const exec::Input& source : sources) {
        compilations.push_back(native_target_detail::compilation_of(target, source, flags, uses, python_includes));
        has_cxx = has_cxx || compilations.back().language == c::Language::Cxx;
    }
    c::Toolchain c_tools;
    c::Toolchain cxx_tools;
    bool has_c = std::any_of(compilations.begin(), compilations.end(),
                             [](const c::Compilation& one) { return one.language == c::Language::C; });
    if (has_c || !has_cxx) {
        c::Toolchain found = co_await build.get(FindCompiler(c::Language::C, target.python_flags, target.machine));
        c_tools = found;
    }
    const bool links_cxx = has_cxx || (uses.cxx && !target.archive);
    if (links_cxx) {
        c::Toolchain found = co_await build.get(FindCompiler(c::Language::Cxx, target.python_flags, target.machine));
        cxx_tools = found;
    }
    std::vector<c::CompileObject> objects_wanted;
    for (c::Compilation& one : compilations) {
        one.toolchain = one.language == c::Language::C ? c_tools : cxx_tools;
        objects_wanted.push_back(c::CompileObject(one));
    }
    std::vector<exec::Outcome> made = co_await build.all(objects_wanted);
    std::vector<exec::Input> objects;
    for (const exec::Outcome& one : made) {
        for (const exec::Input& object : one.all_inputs()) objects.push_back(object);
    }
    const c::Toolchain& linker = links_cxx ? cxx_tools : c_tools;
    CheckLink check(native_target_detail::check_of(target, flags, provided, linker, objects));
    std::vector<exec::Input> found = co_await build.get(check);
    if (target.archive) {
        c::Archive archive;
        archive.name = target.name;
        archive.output = target.output;
        archive.toolchain = linker;
        archive.objects = objects;
        exec::Outcome packed = co_await build.get(c::MakeArchive(archive));
        co_return packed;
    }
    c::Linkage linkage = native_target_detail::linkage_of(target, uses, linker);
    linkage.objects = objects;
    linkage.found = found;
    linkage.flags = flags.link;
    if (!uses.shared_libraries.empty()) {
        std::vector<std::string> run_paths = co_await build.get(RunPaths(target.kind, target.wheel_directory));
        linkage.run_paths = run_paths;
    }
    exec::Outcome linked = co_await build.get(c::Link(linkage));
    co_return linked;
}

}  // namespace cermet::python
