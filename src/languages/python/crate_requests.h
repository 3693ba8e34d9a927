// Crate requests: what tables of the configuration ask of the Rust room, and what Rust is told of Python.
// SPDX-License-Identifier: MIT
// Pure translation; plain functions.
#pragma once
#include <string>
#include <vector>

#include "languages/python/environment.h"
#include "languages/python/request.h"
#include "languages/rust/rust.h"
#include "options/config.h"

namespace cermet::python {

// What holds for every crate of the project: rules for crates, the lock, the target.
rust::SharedSettings crate_settings(const options::Config& config, const BuildRequest& request);
rust::CrateRequest module_crate(const options::Config& config, const options::RustModule& table, const Python& python,
                                const BuildRequest& request);
rust::CrateRequest library_crate(const options::Config& config, const options::RustLibrary& table, const Python& python,
                                 const BuildRequest& request, const std::string& distribution);
// Whether a table of this selection has a `when`: only a Python can say then which of them count.
bool has_conditions(const options::Config& config, const std::string& selection);
// `python`: null where nothing of the program looks for one.
rust::CrateRequest program_crate(const options::Config& config, const options::Executable& table, const Python* python,
                                 const BuildRequest& request);
// Of every table that applies here. Only worth asking where a crate has declared outputs in the tree.
Result<std::vector<rust::CrateRequest>> all_crates(const options::Config& config, const Python& python,
                                                   const BuildRequest& request, const std::string& distribution);
// For a program that the build itself runs, or what goes into one.
void for_machine(rust::CrateRequest& wanted, Machine machine);
// The text of the file that PYO3_CONFIG_FILE names. Without `embeds` (nothing links libpython) it names no directory, so
// it is the same on every machine.
std::string pyo3_config(const Python& python, bool embeds);
// Every declared in-tree output of a build script or generator, canonical: the mirror stands over their directories.
std::vector<std::string> in_tree_outputs(const options::Config& config);

}  // namespace cermet::python
