// Compiling the observer, and building with it.
// SPDX-License-Identifier: MIT
#include "cli/observer.h"

#include "base/text.h"
#include "cli/observer_program.h"
#include "languages/c/c.h"
#include "languages/python/distribution.h"
#include "languages/python/package.h"
#include "languages/python/targets.h"

namespace cermet::cli {

// The library's canonical path.
class BuildObserver {
   public:
    using Value = std::string;
    static constexpr std::string_view k_name = "observer";
    std::string text() const { return {}; }
    std::string describe() const { return "compiling the library that watches scripts"; }
};

engine::Task<std::string> run(engine::Build build, BuildObserver) {
    const std::vector<std::string> whatever;
    c::Toolchain toolchain = co_await build.get(c::FindToolchain(c::Language::C, whatever));
    const std::string label = cat("observer-", digest_of(k_observer_program).short_hex(8));
    std::vector<exec::StagedFile> staged;
    staged.emplace_back("observe.c", k_observer_program);
    exec::Outcome source = co_await build.get(exec::Stage(label, staged));
    c::Compilation compilation;
    compilation.name = "observe";
    compilation.source = source.input("observe.c");
    compilation.toolchain = toolchain;
    compilation.flags = {"-std=gnu99", "-O2", "-fPIC"};
    exec::Outcome object = co_await build.get(c::CompileObject(compilation));
    c::Linkage linkage;
    linkage.name = "observe";
    linkage.output = "libcermet-observe.so";
    linkage.kind = c::LinkKind::SharedLibrary;
    linkage.toolchain = toolchain;
    linkage.objects = object.all_inputs();
    linkage.uses.link_flags = {"-ldl"};
    exec::Outcome library = co_await build.get(c::Link(linkage));
    co_return library.canonical(linkage.output);
}

Status build_everything(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace,
                        const std::vector<std::string>& targets) {
    bool wheel = targets.empty();
    if (!workspace && wheel) {
        TRY(config, session.ask(python::LoadConfig()));
        wheel = config->has_pyproject;
    }
    if (workspace || wheel) return run_anywhere(session, arguments, workspace, python::BuildWheel());
    TRY(built, session.run(python::BuildTargets(targets)));  // of no names: all that there are
    (void)built;
    return {};
}

Status build_observed(Session& session, const Arguments& arguments, const std::optional<RustWorkspace>& workspace) {
    TRY(library, session.ask(BuildObserver()));
    session.executor().observe(library);
    return build_everything(session, arguments, workspace, {});
}

}  // namespace cermet::cli
