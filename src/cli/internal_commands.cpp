// `cermet internal rust-commands`: every rustc call and script run of a selection as JSON, without running anything.
// SPDX-License-Identifier: MIT
//
// What scripts would print is unknown here: --scripts names a JSON array of {"unit": index, "stdout": text}, and a judge
// fills it with what cargo's runs printed. The index of a unit is the same in every call with the same words.
#include "cli/internal_commands.h"

#include <map>

#include "base/text.h"
#include "platform/os.h"

namespace cermet::cli {
namespace internal_commands_detail {

rust::Layout layout_of(const rust::UnitGraph& units) {
    rust::Layout layout;
    for (const rust::Unit& unit : units.units)
        layout.out.push_back(cat("/cermet/out/", unit.label, unit.is_run() ? "/out" : ""));
    layout.cargo = "cargo";
    return layout;
}

Result<std::map<std::size_t, std::string>> read_printed(const std::string& path) {
    std::map<std::size_t, std::string> printed;
    if (path.empty()) return printed;
    TRY(text, platform::read_file(path));
    TRY(json, parse_json(text, path));
    for (const Json& one : json.array())
        printed[static_cast<std::size_t>(one["unit"].integer())] = one["stdout"].string();
    return printed;
}

Result<rust::ScriptOutputs> outputs_of(const rust::UnitGraph& units, const rust::BuildRequest& build,
                                       const rust::CargoConfig& config, const std::string& scripts_file) {
    TRY(printed, read_printed(scripts_file));
    rust::ScriptOutputs outputs;
    for (std::size_t i = 0; i < units.units.size(); ++i) {
        const rust::Unit& unit = units.units[i];
        if (!unit.is_run()) continue;
        if (unit.links_overridden) {
            TRY(overridden, rust::overridden_output(units, i, build, config));
            outputs[i] = overridden;
            continue;
        }
        auto text = printed.find(i);
        if (text == printed.end()) continue;
        TRY(parsed, rust::parse_directives(text->second, rust::directive_context(unit, config)));
        outputs[i] = parsed;
    }
    return outputs;
}

Json unit_json(const rust::Unit& unit, std::size_t index, const std::string& directory, const rust::Command& command) {
    Json environment{Json::Object{}};
    for (const auto& [name, value] : command.environment) environment.set(name, value);
    Json artifacts{Json::Array{}};
    for (const rust::Artifact& artifact : command.artifacts) artifacts.push(artifact.file);
    Json out;
    out.set("unit", static_cast<std::int64_t>(index));
    out.set("name", unit.package->name).set("version", unit.package->version_text);
    out.set("run", unit.is_run()).set("overridden", unit.links_overridden);
    out.set("out", directory).set("argv", Json::strings(command.argv)).set("cwd", command.cwd);
    out.set("env", std::move(environment)).set("artifacts", std::move(artifacts));
    return out;
}

}  // namespace internal_commands_detail

Result<Json> rust_commands(const rust::UnitGraph& units, const rust::BuildRequest& build,
                           const rust::CargoConfig& config, const std::string& scripts_file) {
    using namespace internal_commands_detail;
    TRY(outputs, outputs_of(units, build, config, scripts_file));
    rust::Layout layout = layout_of(units);
    Json all{Json::Array{}};
    for (std::size_t i = 0; i < units.units.size(); ++i) {
        const rust::Unit& unit = units.units[i];
        rust::Command command = unit.is_run() ? rust::script_command(units, i, build, layout, outputs, config)
                                              : rust::rustc_command(units, i, build, layout, outputs, config);
        Json one = unit_json(unit, i, layout.out[i], command);
        auto printed = outputs.find(i);
        if (printed != outputs.end()) one.set("output", printed->second.to_json());
        all.push(std::move(one));
    }
    return all;
}

}  // namespace cermet::cli
