// Target cfg expressions: a small recursive parser with a depth limit, and evaluation.
// SPDX-License-Identifier: MIT
#include "languages/rust/manifest/cfg.h"

#include <algorithm>

#include "base/lists.h"
#include "base/text.h"

namespace cermet::rust {

namespace cfg_detail {

constexpr int k_max_depth = 64;

bool is_ident_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_ident(char c) { return is_ident_start(c) || (c >= '0' && c <= '9'); }

class Parser {
   public:
    explicit Parser(std::string_view text) : whole_(text), rest_(text) {}

    Result<CfgExpr> parse() {
        TRY(expr, expression(0));
        skip();
        if (!rest_.empty()) return fail("unexpected text after the expression");
        return std::move(expr);
    }

   private:
    Error fail(std::string_view what) const {
        return project_error(cat("cfg expression `", whole_, "` cannot be read: ", what));
    }
    void skip() {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n')) rest_.remove_prefix(1);
    }
    bool accept(char c) {
        skip();
        if (rest_.empty() || rest_[0] != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    Result<CfgExpr> expression(int depth) {
        if (depth > k_max_depth) return fail("it is nested too deeply");
        skip();
        bool raw = rest_.starts_with("r#");
        if (raw) rest_.remove_prefix(2);
        if (rest_.empty() || !is_ident_start(rest_[0])) return fail("a name was expected");
        std::size_t n = 0;
        while (n < rest_.size() && is_ident(rest_[n])) ++n;
        std::string name(rest_.substr(0, n));
        rest_.remove_prefix(n);
        CfgExpr expr;
        skip();
        if (!raw && !rest_.empty() && rest_[0] == '(' && (name == "all" || name == "any" || name == "not"))
            return operands(name, depth);
        if (accept('=')) return value(std::move(name));
        if (!raw && name == "true") {
            expr.op = CfgExpr::Op::True;
        } else if (!raw && name == "false") {
            expr.op = CfgExpr::Op::False;
        } else {
            expr.op = CfgExpr::Op::Value;
            expr.cfg.name = std::move(name);
        }
        return expr;
    }

    Result<CfgExpr> operands(const std::string& name, int depth) {
        CfgExpr expr;
        expr.op = name == "all" ? CfgExpr::Op::All : name == "any" ? CfgExpr::Op::Any : CfgExpr::Op::Not;
        accept('(');
        while (!accept(')')) {
            TRY(operand, expression(depth + 1));
            expr.operands.push_back(std::move(operand));
            if (!accept(',')) {
                if (!accept(')')) return fail("a closing parenthesis is missing");
                break;
            }
        }
        if (expr.op == CfgExpr::Op::Not && expr.operands.size() != 1) return fail("not() takes exactly one operand");
        return expr;
    }

    Result<CfgExpr> value(std::string name) {
        if (!accept('"')) return fail("a quoted value was expected after `=`");
        std::size_t end = rest_.find('"');
        if (end == std::string_view::npos) return fail("a quote is not closed");
        CfgExpr expr;
        expr.op = CfgExpr::Op::Value;
        expr.cfg.name = std::move(name);
        expr.cfg.value = std::string(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return expr;
    }

    std::string_view whole_;
    std::string_view rest_;
};

}  // namespace cfg_detail

std::vector<Cfg> parse_cfgs(std::string_view text) {
    std::vector<Cfg> out;
    for (const std::string& raw : split_lines(text)) {
        std::string_view line = trim(raw);
        std::size_t n = 0;
        while (n < line.size() && cfg_detail::is_ident(line[n])) ++n;
        if (n == 0 || !cfg_detail::is_ident_start(line[0])) continue;
        Cfg cfg;
        cfg.name = std::string(line.substr(0, n));
        std::string_view rest = line.substr(n);
        if (rest.size() >= 3 && rest.starts_with("=\"") && rest.back() == '"')
            cfg.value = std::string(rest.substr(2, rest.size() - 3));
        else if (!rest.empty())
            continue;
        out.push_back(std::move(cfg));
    }
    return out;
}

bool CfgExpr::matches(const std::vector<Cfg>& cfgs) const {
    switch (op) {
        case Op::All:
            return std::all_of(operands.begin(), operands.end(), [&](const CfgExpr& e) { return e.matches(cfgs); });
        case Op::Any:
            return std::any_of(operands.begin(), operands.end(), [&](const CfgExpr& e) { return e.matches(cfgs); });
        case Op::Not: return !operands[0].matches(cfgs);
        case Op::True: return true;
        case Op::False: return false;
        case Op::Value: return contains(cfgs, cfg);
    }
    return false;
}

std::string CfgExpr::text() const {
    if (op == Op::True) return "true";
    if (op == Op::False) return "false";
    if (op == Op::Value) return cfg.value ? cat(cfg.name, " = \"", *cfg.value, "\"") : cfg.name;
    std::vector<std::string> parts;
    for (const CfgExpr& operand : operands) parts.push_back(operand.text());
    return cat(op == Op::All ? "all(" : op == Op::Any ? "any(" : "not(", join(parts, ", "), ")");
}

Result<CfgExpr> parse_cfg_expr(std::string_view text) { return cfg_detail::Parser(text).parse(); }

bool Platform::matches(std::string_view triple, const std::vector<Cfg>& cfgs) const {
    return cfg ? cfg->matches(cfgs) : text == triple;
}

Result<Platform> parse_platform(std::string_view text) {
    Platform platform;
    platform.text = std::string(text);
    if (text.starts_with("cfg(") && text.ends_with(")")) {
        TRY(expr, parse_cfg_expr(text.substr(4, text.size() - 5)));
        platform.cfg = std::move(expr);
        return platform;
    }
    for (char c : text)
        if (!cfg_detail::is_ident(c) && c != '-' && c != '.')
            return project_error(cat("target \"", text, "\" is neither a target triple nor a cfg expression"));
    return platform;
}

}  // namespace cermet::rust
