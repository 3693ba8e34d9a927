// `cermet verify`: not written yet in this file's final form.
// SPDX-License-Identifier: MIT
#include "cli/commands.h"
#include "cli/common.h"
namespace cermet::cli {
int verify_command(const Arguments&) { return print_error(usage_error("verify is not there yet")); }
int ide_command(const Arguments&) { return print_error(usage_error("ide is not there yet")); }
int internal_command(const Arguments&) { return print_error(usage_error("internal is not there yet")); }
}  // namespace cermet::cli
