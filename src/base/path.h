// Paths as text: UTF-8 bytes, forward slashes, no trailing slash; knows nothing of the file system.
// SPDX-License-Identifier: MIT
//
// Two sorts of paths use these functions. *Canonical* paths name things independently of where a checkout or cache
// lies ("/cermet/ws/src/a.c"; see exec/places.h). *Host* paths are real ones and occur only below exec/ and in commands.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cermet {

bool is_absolute(std::string_view path);
// Joins; an absolute `part` wins; the result is normalised.
std::string join_path(std::string_view base, std::string_view part);
// Removes "." and empty segments and resolves ".." by text alone; "" becomes ".".
std::string normalise(std::string_view path);
std::string_view parent(std::string_view path);     // "a/b" -> "a", "a" -> "", "/a" -> "/"
std::string_view file_name(std::string_view path);  // after the last slash
std::string_view extension(std::string_view path);  // ".pyx" of "a/b.pyx"; "" if none; ".tar.gz" is ".gz"
std::string_view stem(std::string_view path);       // file name without extension()
bool is_within(std::string_view path, std::string_view directory);  // equal or below
// `path` relative to `directory`, with ".." where needed; both absolute or both relative, normalised.
std::string relative_to(std::string_view path, std::string_view directory);
std::string common_parent(const std::vector<std::string>& directories);  // longest common directory

}  // namespace cermet
