// The program of stage 0: `cermet build` of the targets of a project without crates, and nothing else.
// SPDX-License-Identifier: MIT
// Its options are a few of the whole program's, each a word with its value in the next one: the crate `cermet-build` calls
// both with the same words.
#ifdef CERMET_STAGE0
#include <cstdlib>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "platform/os.h"

namespace cermet::cli {
namespace stage0_detail {

std::string* value_of(const std::string& option, Arguments& arguments, std::string& jobs) {
    if (option == "--out-dir") return &arguments.out_dir;
    if (option == "--directory") return &arguments.directory;
    if (option == "--profile") return &arguments.profile;
    if (option == "--target") return &arguments.target;
    if (option == "--python") return &arguments.python;
    return option == "--jobs" ? &jobs : nullptr;
}

Result<Arguments> read_arguments(const std::vector<std::string>& words) {
    if (words.empty() || words[0] != "build") return usage_error("stage 0 only knows `build`");
    Arguments arguments;
    arguments.command = Command::Build;
    std::string jobs;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "--json") {
            arguments.json = true;
        } else if (words[i].compare(0, 1, "-") != 0) {
            arguments.targets.push_back(words[i]);
        } else {
            std::string* value = value_of(words[i], arguments, jobs);
            if (value == nullptr || i + 1 == words.size()) return usage_error(cat("stage 0 cannot use ", words[i]));
            *value = words[++i];
        }
    }
    arguments.jobs = std::atoi(jobs.c_str());
    arguments.overrides = platform::environment("CERMET_OVERRIDES").value_or("");
    if (platform::environment("CERMET_MODE").value_or("") == "plain") arguments.mode = Mode::Plain;
    return arguments;
}

}  // namespace stage0_detail
}  // namespace cermet::cli

int main(int argc, char** argv) {
    cermet::Result<cermet::cli::Arguments> arguments =
        cermet::cli::stage0_detail::read_arguments(std::vector<std::string>(argv + 1, argv + argc));
    if (!arguments.ok()) return cermet::cli::print_error(arguments.error());
    return cermet::cli::build_command(*arguments);
}
#endif
