// `cermet options`: every knob of the build, for people and as JSON.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/knobs.h"
#include "cli/observer.h"

namespace cermet::cli {
namespace options_detail {

using options::Knob;

Json knob_json(const Knob& knob) {
    Json json;
    json.set("group", knob.group).set("name", knob.path).set("type", knob.type);
    json.set("default", knob.default_text.empty() ? Json() : Json(knob.default_text));
    json.set("value", knob.value.empty() ? Json() : Json(knob.value));
    json.set("origin", knob.origin).set("consumers", Json::strings(knob.consumers));
    if (!knob.by.empty()) json.set("by", Json::strings(knob.by));
    if (!knob.doc.empty()) json.set("about", knob.doc);
    return json;
}

bool picked(const Knob& knob, const std::vector<std::string>& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return contains(lower(knob.path), lower(word)); });
}

void print_fully(const Knob& knob) {
    print_line(cat(knob.path, " = ", knob.value.empty() ? "(unset)" : knob.value));
    const auto line = [](std::string_view name, const std::string& text) {
        if (!text.empty()) print_line(cat("    ", name, std::string(10 - name.size(), ' '), text));
    };
    line("about", knob.doc);
    line("type", knob.type);
    line("default", knob.default_text);
    line("origin", knob.origin);
    line("by", join(knob.by, ", "));
    line("used by", join(knob.consumers, ", "));
}

// One line each, values in one column and origins in the next.
class Table {
   public:
    void add(std::string left, std::string right) { rows_.emplace_back(std::move(left), std::move(right)); }
    void print() const {
        std::size_t width = 0;
        for (const auto& [left, right] : rows_) {
            if (left.size() <= k_widest) width = std::max(width, left.size());
        }
        for (const auto& [left, right] : rows_) {
            const std::size_t gap = left.size() < width ? width - left.size() : 0;
            print_line(cat("  ", left, right.empty() ? std::string() : std::string(gap + 2, ' '), right));
        }
    }

   private:
    static constexpr std::size_t k_widest = 72;
    std::vector<std::pair<std::string, std::string>> rows_;
};

using Group = std::vector<const Knob*>;

void print_title(std::string_view title, std::string_view how) {
    print_line(cat("\n", title, how.empty() ? "" : "  ", how));
}

void print_values(const Group& group, bool defaults) {
    Table table;
    std::size_t left_out = 0;
    for (const Knob* knob : group) {
        const bool plain =
            knob->origin == "default" && (knob->value == knob->default_text || knob->default_text.empty());
        if (plain && !defaults && knob->group == "configuration") {
            ++left_out;
            continue;
        }
        table.add(cat(knob->path, " = ", knob->value.empty() ? "(unset)" : knob->value), knob->origin);
    }
    table.print();
    if (left_out > 0) print_line(cat("  ", left_out, " more have their defaults: -v lists them"));
}

void print_options(const Group& group) {
    for (const Knob* knob : group) {
        print_line(cat("  ", knob->path, " = ", knob->value, "  ", knob->origin));
        print_line(cat("      ", knob->type, knob->doc.empty() ? "" : ": ", knob->doc));
    }
}

// A crate a line: what is on, and what could be.
void print_features(const Group& group) {
    std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> crates;
    for (const Knob* knob : group) {
        const std::size_t slash = knob->path.find('/');
        auto& [on, off] = crates[knob->path.substr(0, slash)];
        (knob->value == "true" ? on : off).push_back(knob->path.substr(slash + 1));
    }
    for (const auto& [crate, lists] : crates) {
        print_line(cat("  ", crate, lists.first.empty() ? "" : ": ", join(lists.first, " "),
                       lists.second.empty() ? std::string() : cat("  [off: ", join(lists.second, " "), "]")));
    }
}

void print_switches(const Group& group) {
    std::vector<std::string> crates;
    std::vector<std::string> keys;
    for (const Knob* knob : group) {
        const std::size_t dot = knob->path.rfind('.');
        const std::string crate = knob->path.substr(7, dot - 7);
        if (crates.empty() || crates.back() != crate) crates.push_back(crate);
        if (crates.size() == 1) keys.push_back(knob->path.substr(dot + 1));
    }
    print_line(cat("  ", join(crates, " ")));
    print_line(cat("  each has: ", join(keys, ", ")));
}

void print_variables(const Group& group) {
    Table table;
    for (const Knob* knob : group) {
        std::string users = join(knob->consumers, ", ");
        if (knob->consumers.size() > 3)
            users = cat(knob->consumers[0], ", ", knob->consumers[1], " and ", knob->consumers.size() - 2, " more");
        const char* seen = knob->origin == "seen" ? "seen: " : "";
        table.add(cat(knob->path, knob->value.empty() ? "" : " = ", knob->value), seen + users);
    }
    table.print();
}

void print_all(const Knobs& knobs, bool defaults) {
    std::map<std::string, Group> groups;
    for (const Knob& knob : knobs.all) groups[knob.group].push_back(&knob);
    if (!groups["options"].empty()) {
        print_title("Options of the package", "(-C options.NAME=…, CERMET_OPTIONS__NAME=…)");
        print_options(groups["options"]);
    }
    print_title("Configuration", "(-C KEY=…, CERMET_TABLE__KEY=…, an overrides file)");
    print_values(groups["configuration"], defaults);
    if (!groups["generate"].empty()) {
        print_title("Options that generators ask for", "(-C generate.NAME.options.OPTION=…)");
        print_values(groups["generate"], true);
    }
    if (!groups["features"].empty()) {
        print_title("Features of crates", "");
        print_features(groups["features"]);
        print_title("Cargo's profile", "(-C cargo.config='[\"profile.NAME.KEY = …\"]')");
        print_values(groups["profiles"], true);
    }
    if (!groups["crates"].empty()) {
        print_title("Crates whose build scripts nothing is said about", "(-C crates.NAME.KEY=…)");
        print_switches(groups["crates"]);
    }
    print_title("Toolchain", "(variables of the environment, or -C env.set.NAME=…; options of the command line)");
    print_values(groups["toolchain"], true);
    if (!groups["environment"].empty()) {
        print_title("Variables that steps read", "(the environment, or -C env.set.NAME=…)");
        print_variables(groups["environment"]);
    }
    if (knobs.not_run.empty()) return;
    print_line(
        cat("\nWhat these build scripts read is known after they have run in a build: ", join(knobs.not_run, ", ")));
}

int print_picked(const Knobs& knobs, const std::vector<std::string>& words) {
    std::vector<std::string> names;
    bool any = false;
    for (const Knob& knob : knobs.all) {
        names.push_back(knob.path);
        if (!picked(knob, words)) continue;
        any = true;
        print_fully(knob);
    }
    if (any) return 0;
    const std::string near = nearest(words[0], names);
    return print_error(usage_error(cat("no knob has '", join(words, "' or '"), "' in its name"),
                                   near.empty() ? "`cermet options` lists all" : cat("did you mean '", near, "'?")));
}

int print_json(const Knobs& knobs, const std::vector<std::string>& words) {
    Json::Array all;
    for (const Knob& knob : knobs.all) {
        if (words.empty() || picked(knob, words)) all.push_back(knob_json(knob));
    }
    Json json;
    json.set("version", 1)
        .set("options", Json(std::move(all)))
        .set("known-after-a-build", Json::strings(knobs.not_run));
    print_line(json.dump(2));
    return 0;
}

}  // namespace options_detail

int options_command(const Arguments& given) {
    using namespace options_detail;
    Arguments arguments = given;
    Listeners listeners(arguments);
    std::optional<RustWorkspace> workspace;
    Result<SessionSettings> settings = settings_anywhere(arguments, listeners, workspace);
    if (!settings.ok()) return print_error(settings.error());
    settings->observe = arguments.observe;
    Result<std::unique_ptr<Session>> session = start_session(*settings);
    if (!session.ok()) return print_error(session.error());
    if (arguments.observe) {
        Status built = build_observed(**session, arguments, workspace);
        if (!built.ok()) return print_failures(**session, built.error());
    }
    Result<Knobs> knobs = collect_knobs(**session, arguments, workspace);
    if (!knobs.ok()) return print_failures(**session, knobs.error());
    if (arguments.json) return print_json(*knobs, arguments.targets);
    if (!arguments.targets.empty()) return print_picked(*knobs, arguments.targets);
    print_all(*knobs, arguments.verbose > 0);
    return 0;
}

}  // namespace cermet::cli
