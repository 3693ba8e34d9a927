// The program: reads the command line and calls one command.
// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/cargo.h"
#include "cli/commands.h"
#include "cli/common.h"

namespace cermet::cli {

int run_command(const Arguments& arguments) {
    switch (arguments.command) {
        case Command::Text: print_line(std::string(trim(arguments.text))); return 0;
        case Command::Build: return build_command(arguments);
        case Command::Sdist: return sdist_command(arguments);
        case Command::Develop: return develop_command(arguments);
        case Command::Verify: return verify_command(arguments);
        case Command::Explain: return explain_command(arguments);
        case Command::Graph: return graph_command(arguments);
        case Command::Toolchain: return toolchain_command(arguments);
        case Command::Options: return options_command(arguments);
        case Command::CacheStat:
        case Command::CacheGc:
        case Command::CacheVerify: return cache_command(arguments);
        case Command::Ide: return ide_command(arguments);
        case Command::Fetch: return fetch_command(arguments);
        case Command::Vendor: return vendor_command(arguments);
        case Command::Audit: return audit_command(arguments);
        case Command::Pep517: return pep517_command(arguments);
        case Command::Internal: return internal_command(arguments);
    }
    return 70;
}

}  // namespace cermet::cli

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (argc > 0 && cermet::cli::called_as_cargo(argv[0])) return cermet::cli::cargo_main(words);
    cermet::Result<cermet::cli::Arguments> arguments = cermet::cli::parse_arguments(words, cermet::cli::k_version);
    if (!arguments.ok()) return cermet::cli::print_error(arguments.error());
    return cermet::cli::run_command(*arguments);
}
