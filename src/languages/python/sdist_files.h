// Which files of the checkout an sdist holds: everything that is not ignored, nothing that a build left behind.
// SPDX-License-Identifier: MIT
//
// All non-ignored files below the project, whatever language they are in: an sdist must build wherever a clone does.
// Left out: what .gitignore names, VCS directories, directories with a CACHEDIR.TAG (cargo's target/), native files, the
// dist/ directory, sdist-exclude. Put back: sdist-include. Paths relative to the project, sorted. Sources that the tables
// name, and Python files of the wheel, cannot be left out: the wheel would not be one of this sdist.
#pragma once
#include <string>
#include <vector>

#include "base/source_files.h"
#include "options/config.h"

namespace cermet::python {

struct SdistFiles {
    std::vector<std::string> files;
    std::vector<std::string> notices;
};
// The pattern of sdist-exclude that leaves a file out; "" where none does, or sdist-include puts it back.
std::string left_out_by(const options::Config& config, const std::string& path);
// An error for the first of these files that is left out; paths relative to the project.
Status check_left_out(const options::Config& config, const std::vector<std::string>& needed);

Result<SdistFiles> sdist_files(SourceFiles& files, const options::Config& config, const std::string& project_name);

}  // namespace cermet::python
