// Commands: one function per command of the program; each has its own file. They return the exit code.
// SPDX-License-Identifier: MIT
#pragma once
#include "cli/arguments.h"

namespace cermet::cli {

int build_command(const Arguments& arguments);
int sdist_command(const Arguments& arguments);
int develop_command(const Arguments& arguments);
int verify_command(const Arguments& arguments);
int explain_command(const Arguments& arguments);
int graph_command(const Arguments& arguments);
int toolchain_command(const Arguments& arguments);
int options_command(const Arguments& arguments);
int cache_command(const Arguments& arguments);
int ide_command(const Arguments& arguments);
int fetch_command(const Arguments& arguments);
int vendor_command(const Arguments& arguments);
int audit_command(const Arguments& arguments);
int observe_audit(const Arguments& arguments);  // audit --observe
int pep517_command(const Arguments& arguments);
int internal_command(const Arguments& arguments);

}  // namespace cermet::cli
