// The program of stage 0: `cermet build --out-dir DIR TARGET…` of the project in the current directory, and nothing else.
// SPDX-License-Identifier: MIT
#ifdef CERMET_STAGE0
#include "cli/commands.h"
#include "cli/common.h"

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < 4 || words[0] != "build" || words[1] != "--out-dir") {
        return cermet::cli::print_error(cermet::usage_error("stage 0 only knows build --out-dir DIR TARGET…"));
    }
    cermet::cli::Arguments arguments;
    arguments.command = cermet::cli::Command::Build;
    arguments.out_dir = words[2];
    arguments.targets.assign(words.begin() + 3, words.end());
    return cermet::cli::build_command(arguments);
}
#endif
