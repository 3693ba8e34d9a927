// Parsing what build scripts print, and rustc's dep-info files.
// SPDX-License-Identifier: MIT
#include "languages/rust/command/directives.h"

#include "base/lists.h"
#include "base/text.h"
#include "languages/rust/lockfile/semver.h"

namespace cermet::rust {

namespace directives_detail {

constexpr const char* k_docs = "see \"Outputs of the build script\" in the cargo book";

// Keys that mean something in both syntaxes; with `cargo:` any other key is metadata.
constexpr const char* k_reserved[] = {"rustc-flags",
                                      "rustc-link-lib",
                                      "rustc-link-search",
                                      "rustc-link-arg-cdylib",
                                      "rustc-cdylib-link-arg",
                                      "rustc-link-arg-bins",
                                      "rustc-link-arg-bin",
                                      "rustc-link-arg-tests",
                                      "rustc-link-arg-benches",
                                      "rustc-link-arg-examples",
                                      "rustc-link-arg",
                                      "rustc-cfg",
                                      "rustc-check-cfg",
                                      "rustc-env",
                                      "warning",
                                      "rerun-if-changed",
                                      "rerun-if-env-changed"};

struct Directive {
    std::string key, value;
    bool modern = false;
};

class Parser {
   public:
    explicit Parser(const DirectiveContext& context) : context_(context) {}

    Result<ScriptOutput> parse(std::string_view bytes) {
        for (const std::string& raw : split_lines(bytes)) {
            if (!valid_utf8(raw)) continue;
            std::string_view line = trim(raw);
            Directive directive;
            if (line.starts_with("cargo::")) {
                line.remove_prefix(7);
                directive.modern = true;
            } else if (line.starts_with("cargo:")) {
                line.remove_prefix(6);
            } else {
                continue;
            }
            TRY_VOID(split_directive(line, directive));
            if (directive.key.empty()) continue;
            TRY_VOID(apply(directive));
        }
        return std::move(out_);
    }

   private:
    Error fail(const std::string& message, std::string hint = k_docs) const {
        return step_error(cat("the build script of ", context_.package, " printed ", message), std::move(hint));
    }

    Status split_directive(std::string_view line, Directive& out) const {
        if (out.modern) {
            std::optional<Version> wanted = parse_rust_version(context_.rust_version);
            Version since;
            since.major = 1;
            since.minor = 77;
            if (!context_.rust_version.empty() && wanted && compare_versions(*wanted, since) < 0)
                return fail(
                    cat("`cargo::", line, "`, but its package has rust-version = \"", context_.rust_version, "\""),
                    "`cargo::` needs rust-version 1.77; print `cargo:` or raise rust-version");
        }
        std::size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            return fail(cat("`cargo:", out.modern ? ":" : "", line, "`, which has no `=`"));
        out.key = std::string(line.substr(0, equals));
        out.value = std::string(line.substr(equals + 1));
        if (out.modern) return {};
        bool reserved = contains(k_reserved, out.key);
        if (!reserved) {
            out.key = "metadata";
            out.value = std::string(line);
        }
        return {};
    }

    Status apply(const Directive& d) {
        const std::string& value = d.value;  // what stands before it is its own; the line's end was trimmed
        if (d.key == "rustc-flags") return flags(value);
        if (d.key == "rustc-link-lib")
            out_.link_libs.push_back(value);
        else if (d.key == "rustc-link-search")
            out_.link_paths.push_back(value);
        else if (d.key == "rustc-cfg")
            out_.cfgs.push_back(value);
        else if (d.key == "rustc-check-cfg")
            out_.check_cfgs.push_back(value);
        else if (d.key == "rustc-env")
            return env(value);
        else if (d.key == "warning")
            out_.warnings.push_back(value);
        else if (d.key == "error")
            out_.errors.push_back(value);
        else if (d.key == "rerun-if-changed")
            out_.rerun_if_changed.push_back(value);
        else if (d.key == "rerun-if-env-changed")
            out_.rerun_if_env_changed.push_back(value);
        else if (d.key == "metadata")
            return metadata(value);
        else if (d.key.starts_with("rustc-link-arg") || d.key == "rustc-cdylib-link-arg")
            return link_arg(d.key, value);
        else
            return fail(cat("the unknown directive `cargo::", d.key, "`"));
        return {};
    }

    Status metadata(const std::string& value) {
        std::size_t equals = value.find('=');
        if (equals == std::string::npos) return fail(cat("`cargo::metadata=", value, "`, which is no KEY=VALUE"));
        out_.metadata.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        return {};
    }

    Status env(const std::string& value) {
        std::size_t equals = value.find('=');
        if (equals == std::string::npos) return fail(cat("`rustc-env=", value, "`, which is no NAME=VALUE"));
        std::string name = value.substr(0, equals);
        if (name == "RUSTC_BOOTSTRAP" && !context_.allow_bootstrap)
            return fail("`rustc-env=RUSTC_BOOTSTRAP`, which is not allowed on a stable compiler",
                        "set RUSTC_BOOTSTRAP in the environment if you accept unstable features");
        if (name == "RUSTC_BOOTSTRAP")
            out_.warnings.push_back("it cannot set RUSTC_BOOTSTRAP, which is for who builds to set");
        else
            out_.env.emplace_back(std::move(name), value.substr(equals + 1));
        return {};
    }

    // Only -l and -L, joined with their value or apart from it (B9).
    Status flags(const std::string& value) {
        std::vector<std::string> words = split_words(value);
        for (std::size_t i = 0; i < words.size(); ++i) {
            std::string flag = words[i].substr(0, 2);
            std::string rest = words[i].size() > 2 ? words[i].substr(2) : std::string();
            if (flag != "-l" && flag != "-L") return fail(cat("`rustc-flags=", value, "`; only -l and -L are allowed"));
            if (rest.empty()) {
                if (++i == words.size()) return fail(cat("`rustc-flags=", value, "`, where ", flag, " has no value"));
                rest = words[i];
            }
            (flag == "-l" ? out_.link_libs : out_.link_paths).push_back(std::move(rest));
        }
        return {};
    }

    Status link_arg(const std::string& key, const std::string& value) {
        auto need = [&](bool has, const char* what) -> Status {
            if (has) return {};
            return fail(cat("`", key, "`, but the package has no ", what));
        };
        LinkArg arg;
        arg.argument = value;
        if (key == "rustc-link-arg-cdylib" || key == "rustc-cdylib-link-arg") {
            arg.scope = LinkArgScope::Cdylib;
            if (!context_.has_cdylib)
                out_.warnings.push_back(cat("`", key, "` was printed, but the package has no cdylib target"));
        } else if (key == "rustc-link-arg-bins") {
            TRY_VOID(need(context_.has_bins, "bin target"));
            arg.scope = LinkArgScope::Bin;
        } else if (key == "rustc-link-arg-bin") {
            return single_bin(value);
        } else if (key == "rustc-link-arg-tests") {
            TRY_VOID(need(context_.has_tests, "test target"));
            arg.scope = LinkArgScope::Test;
        } else if (key == "rustc-link-arg-benches") {
            TRY_VOID(need(context_.has_benches, "bench target"));
            arg.scope = LinkArgScope::Bench;
        } else if (key == "rustc-link-arg-examples") {
            TRY_VOID(need(context_.has_examples, "example target"));
            arg.scope = LinkArgScope::Example;
        } else if (key != "rustc-link-arg") {
            return fail(cat("the unknown directive `", key, "`"));
        }
        out_.link_args.push_back(std::move(arg));
        return {};
    }

    Status single_bin(const std::string& value) {
        std::size_t equals = value.find('=');
        if (equals == std::string::npos) return fail(cat("`rustc-link-arg-bin=", value, "`, which is no BIN=FLAG"));
        LinkArg arg;
        arg.scope = LinkArgScope::SingleBin;
        arg.bin = value.substr(0, equals);
        arg.argument = value.substr(equals + 1);
        if (!contains(context_.bin_names, arg.bin))
            return fail(cat("`rustc-link-arg-bin`, but the package has no bin target `", arg.bin, "`"));
        out_.link_args.push_back(std::move(arg));
        return {};
    }

    const DirectiveContext& context_;
    ScriptOutput out_;
};

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    Json out{Json::Array{}};
    for (const auto& [name, value] : list) out.push(Json::strings({name, value}));
    return out;
}

std::vector<std::pair<std::string, std::string>> read_pairs(const Json& json) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const Json& item : json.array())
        if (item.array().size() == 2) out.emplace_back(item.array()[0].string(), item.array()[1].string());
    return out;
}

// A path of a make rule: backslash escapes a space; ends at an unescaped space.
std::vector<std::string> make_words(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ' ') {
            word += ' ';
            ++i;
        } else if (text[i] == ' ') {
            if (!word.empty()) out.push_back(std::move(word));
            word.clear();
        } else {
            word += text[i];
        }
    }
    if (!word.empty()) out.push_back(std::move(word));
    return out;
}

// rustc escapes backslash, newline and carriage return in env-dep values.
std::string unescape_env(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        ++i;
        out += text[i] == 'n' ? '\n' : text[i] == 'r' ? '\r' : text[i];
    }
    return out;
}

}  // namespace directives_detail

Result<ScriptOutput> parse_directives(std::string_view stdout_bytes, const DirectiveContext& context) {
    return directives_detail::Parser(context).parse(stdout_bytes);
}

Json ScriptOutput::to_json() const {
    using directives_detail::pairs;
    Json args{Json::Array{}};
    for (const LinkArg& arg : link_args)
        args.push(Json{Json::Array{Json(static_cast<int>(arg.scope)), Json(arg.bin), Json(arg.argument)}});
    Json out;
    out.set("link_paths", Json::strings(link_paths)).set("link_libs", Json::strings(link_libs));
    out.set("link_args", std::move(args)).set("cfgs", Json::strings(cfgs));
    out.set("check_cfgs", Json::strings(check_cfgs)).set("env", pairs(env)).set("metadata", pairs(metadata));
    out.set("rerun_if_changed", Json::strings(rerun_if_changed));
    out.set("rerun_if_env_changed", Json::strings(rerun_if_env_changed));
    out.set("warnings", Json::strings(warnings)).set("errors", Json::strings(errors));
    return out;
}

Result<ScriptOutput> ScriptOutput::from_json(const Json& json) {
    if (!json.is_object()) return bug("a stored script output is no object");
    ScriptOutput out;
    out.link_paths = json["link_paths"].string_list();
    out.link_libs = json["link_libs"].string_list();
    for (const Json& item : json["link_args"].array()) {
        const Json::Array& parts = item.array();
        if (parts.size() != 3 || parts[0].integer() < 0 || parts[0].integer() > static_cast<int>(LinkArgScope::Example))
            return bug("a stored script output has a broken link argument");
        LinkArg arg;
        arg.scope = static_cast<LinkArgScope>(parts[0].integer());
        arg.bin = parts[1].string();
        arg.argument = parts[2].string();
        out.link_args.push_back(std::move(arg));
    }
    out.cfgs = json["cfgs"].string_list();
    out.check_cfgs = json["check_cfgs"].string_list();
    out.env = directives_detail::read_pairs(json["env"]);
    out.metadata = directives_detail::read_pairs(json["metadata"]);
    out.rerun_if_changed = json["rerun_if_changed"].string_list();
    out.rerun_if_env_changed = json["rerun_if_env_changed"].string_list();
    out.warnings = json["warnings"].string_list();
    out.errors = json["errors"].string_list();
    return out;
}

Result<DepInfo> parse_dep_info(std::string_view bytes, std::string_view name) {
    DepInfo out;
    bool rule_seen = false;
    for (const std::string& line : split_lines(bytes)) {
        if (line.starts_with("# env-dep:")) {
            std::string_view rest = std::string_view(line).substr(10);
            std::size_t equals = rest.find('=');
            std::string variable = directives_detail::unescape_env(rest.substr(0, equals));
            std::optional<std::string> value;
            if (equals != std::string_view::npos) value = directives_detail::unescape_env(rest.substr(equals + 1));
            out.env.emplace_back(std::move(variable), std::move(value));
            continue;
        }
        if (line.empty() || line[0] == '#' || rule_seen) continue;
        std::size_t colon = line.find(": ");
        if (colon == std::string::npos) {
            if (line.back() == ':') continue;  // a rule without prerequisites
            return step_error(cat("dependency file ", name, " cannot be read"),
                              "this is the compiler's --emit=dep-info; it may have been cut off");
        }
        rule_seen = true;
        for (std::string& file : directives_detail::make_words(std::string_view(line).substr(colon + 2)))
            add_once(out.files, std::move(file));
    }
    return out;
}

}  // namespace cermet::rust
