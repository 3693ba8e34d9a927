// Places: canonical names for directories, and the map to this machine's real directories.
// SPDX-License-Identifier: MIT
//
// Every path in an action is canonical text: /cermet/ws (the checkout), /cermet/pkg/… (immutable
// packages), /cermet/out/… (outputs of this checkout), /cermet/shared/… (outputs of immutable
// steps), /cermet/ext/<n>, /cermet/tool/…, /cermet/home, /cermet/tmp/…; anything else
// (/usr/include/stdio.h) names itself. In *mount* mode the process has entered a mount namespace in
// which these directories exist, and rendering changes nothing; in *plain* mode rendering replaces
// the longest known prefix, wherever it begins a path inside a text ("-I/cermet/ws/inc",
// "a=/cermet/out/x"). Text that must stay canonical (the right side of --remap-path-prefix) is
// written with keep(): its leading slash is k_keep until it is rendered. Keys always hash the
// unrendered text, so both modes have equal keys. Threads: filled at start, read from any thread
// afterwards (add() takes a lock).
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet::exec {

inline constexpr char k_keep = '\x02';  // no tool gives it a meaning; 0x1f stands between rustc's encoded flags
inline constexpr std::string_view k_ws = "/cermet/ws";
inline constexpr std::string_view k_pkg = "/cermet/pkg";
inline constexpr std::string_view k_out = "/cermet/out";
inline constexpr std::string_view k_shared = "/cermet/shared";
inline constexpr std::string_view k_ext = "/cermet/ext";
inline constexpr std::string_view k_tool = "/cermet/tool";
inline constexpr std::string_view k_home = "/cermet/home";
inline constexpr std::string_view k_tmp = "/cermet/tmp";

enum class RootMode { Plain, Mount };

// Text whose canonical path is not to be rendered.
std::string keep(std::string_view canonical);

class Places {
   public:
    RootMode mode = RootMode::Plain;

    void add(std::string canonical, std::string host);   // a prefix and its real directory
    std::string render(std::string_view text) const;     // every path inside the text; k_keep becomes '/'
    std::string host(std::string_view canonical) const;  // one path
    // As plain mode would say it, in either mode: what people can use outside of the mount
    // namespace.
    std::string render_outside(std::string_view text) const;
    std::string host_outside(std::string_view canonical) const;
    // The inverse, for tools that print real paths (depfiles, dep-info): longest real prefix first;
    // also in mount mode, where a tool may still have met the real path.
    std::string canonical(std::string_view host) const;
    std::string canonical_text(std::string_view text) const;  // every real prefix inside a text (diagnostics)
    std::vector<std::pair<std::string, std::string>> all() const;

   private:
    std::string render_with_map(std::string_view text) const;

    mutable std::mutex mutex_;
    std::vector<std::pair<std::string, std::string>> map_;      // canonical, host; longest canonical first
    std::vector<std::pair<std::string, std::string>> inverse_;  // host, canonical; longest host first
};

}  // namespace cermet::exec
