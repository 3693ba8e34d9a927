// Target cfg expressions: parsing `cfg(…)` and evaluating it over the output of `rustc --print cfg`.
// SPDX-License-Identifier: MIT
// Pure. Source: Rust reference "Conditional compilation", cargo book "Platform specific dependencies" (cargo.md M14).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet::rust {

struct Cfg {
    std::string name;
    std::optional<std::string> value;
    bool operator==(const Cfg&) const = default;
};

// The lines of `rustc --print cfg`; lines that are no cfg are skipped. Order is kept.
std::vector<Cfg> parse_cfgs(std::string_view text);

struct CfgExpr {
    enum class Op { All, Any, Not, True, False, Value };
    Op op = Op::True;
    std::vector<CfgExpr> operands;
    Cfg cfg;

    bool matches(const std::vector<Cfg>& cfgs) const;
    std::string text() const;  // as cargo prints it: all(unix, target_env = "gnu")
};

Result<CfgExpr> parse_cfg_expr(std::string_view text);  // "all(unix, not(target_os = \"macos\"))", without cfg( )

// A `target.'…'` key: an exact triple or a cfg expression.
struct Platform {
    std::string text;            // as written
    std::optional<CfgExpr> cfg;  // absent: an exact triple

    bool matches(std::string_view triple, const std::vector<Cfg>& cfgs) const;
    std::string canonical() const { return cfg ? "cfg(" + cfg->text() + ")" : text; }
};
Result<Platform> parse_platform(std::string_view text);

}  // namespace cermet::rust
