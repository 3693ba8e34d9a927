// StableAbi: which symbols of the Python runtime a module built for the limited API may need, and since which version.
// SPDX-License-Identifier: MIT
// A table of facts; knows no files. Source: CPython documentation, "Contents of Limited API"; PEP 384, 652.
#pragma once
#include <optional>
#include <string_view>

namespace cermet::python {

// The minor version of Python 3 whose stable ABI has the symbol first; nullopt: it is not in the stable ABI.
std::optional<int> stable_since(std::string_view symbol);
// Whether a name belongs to the Python runtime at all: Py… and _Py….
bool is_python_symbol(std::string_view symbol);

}  // namespace cermet::python
