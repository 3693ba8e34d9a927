// The rules of the small questions: blobs, programs, variables.
// SPDX-License-Identifier: MIT
#include "exec/queries.h"

#include "base/text.h"
#include "exec/executor.h"
#include "exec/world.h"
#include "platform/os.h"

namespace cermet::exec {

engine::Task<std::string> run(engine::Build build, BlobText key) {
    co_return build.service<Executor>().store().get(key.digest());
}

engine::Task<Program> run(engine::Build build, FindProgram key) {
    Executor& executor = build.service<Executor>();
    std::string found = World::program_path(executor.places().host_outside(key.name()), executor.options().user);
    executor.record(Leaf{Leaf::Type::Fact, "program:" + executor.places().host_outside(key.name()), found});
    Program program;
    if (found == k_absent) co_return program;
    program.path = executor.places().canonical(found);
    CO_TRY(real, platform::real_path(found));
    CO_TRY(digest, executor.store().file_digest(real));
    executor.record(Leaf{Leaf::Type::Tool, executor.places().canonical(real), digest.text()});
    program.digest = digest;
    co_return program;
}

engine::Task<std::string> run(engine::Build build, UserEnvironment key) {
    std::optional<std::string> value = build.service<Executor>().user_variable(key.name());
    co_return value.value_or(std::string());
}

}  // namespace cermet::exec
