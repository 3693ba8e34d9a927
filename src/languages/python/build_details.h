// BuildDetails: an interpreter's record as build-details.json, the standard's own form for tools that build for it.
// SPDX-License-Identifier: MIT
// Only what the record knows is said. Pure functions. Source: PEP 739, schema 1.0; PEP 384, 803 for the limited API.
#pragma once
#include "base/json.h"
#include "languages/python/interpreter.h"

namespace cermet::python {

Json build_details(const Interpreter& python);
// The other way: what compiling, linking and tags need. `directory`: real, of the file, where relative paths begin. A
// record of another schema or without what is needed is a Project error.
Result<Interpreter> interpreter_from_details(const Json& json, const std::string& directory);
// {"supported", "oldest", "newest", "suffix"}: which limited APIs modules for this interpreter may be built for.
Json limited_api_json(const Interpreter& python);

}  // namespace cermet::python
