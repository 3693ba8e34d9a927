// Knobs: every key of the configuration with its value, where it was said, and who uses it.
// SPDX-License-Identifier: MIT

#include "base/lists.h"
#include "base/text.h"
#include "options/values.h"

namespace cermet::options {

namespace knobs_detail {

constexpr const char* k_configuration = "configuration";

// What a table makes, by the name that others and the command line use.
std::string made_by(const Section& section, const std::string& name) {
    for (const auto& [table, kind] : {std::pair<const char*, const char*>{"c-library", "c:"},
                                      {"rust-library", "rust:"},
                                      {"executable", "tool:"},
                                      {"generate", "generate:"},
                                      {"crates", "crate "}}) {
        if (section.name == table) return cat(kind, name);
    }
    return section.name == "cython" && name.find_first_not_of("0123456789") == std::string::npos
               ? cat("the modules of [[cython]] ", name)
               : name;
}

// The profiles whose values count: the chosen one and what it inherits.
std::vector<std::string> chosen_profiles(const Config& config, const std::string& wanted) {
    std::vector<std::string> chain = {wanted.empty() ? *config.default_profile : wanted};
    for (std::size_t i = 0; i < chain.size(); ++i) {
        for (const Profile& profile : config.profiles) {
            if (profile.id == chain[i] && !profile.inherits->empty()) chain.push_back(*profile.inherits);
        }
    }
    return chain;
}

std::vector<std::string> consumers_of(const Config& config, const Section& section, const Row& row,
                                      const std::string& name, const std::string& profile) {
    if (section.name == "profile") {
        const std::vector<std::string> chosen = chosen_profiles(config, profile);
        if (!contains(chosen, name)) return {};
        return {row.key == "rust"                ? "every crate"
                : row.key == "cython-directives" ? "every Cython module"
                                                 : "every C and C++ target"};
    }
    if (section.many()) return {made_by(section, name)};
    if (section.name == "version" || section.name == "dynamic") return {"metadata"};
    if (section.name == "cargo") return {"every crate"};
    if (section.name == "env") return {"every step"};
    if (row.key.compare(0, 6, "sdist-") == 0) return {"the sdist"};
    return {row.key == "default-profile" ? "every target" : "the wheel"};
}

Knob knob_of(const Section& section, const Row& row, void* table, const std::string& name) {
    Knob knob;
    knob.group = k_configuration;
    std::string head = section.name.empty() ? std::string() : cat(section.name, ".");
    if (!name.empty()) head += cat(name, ".");
    knob.path = head + row.key;
    knob.type = type_text(row);
    knob.default_text = default_text(row);
    knob.value = value_text(row, table);
    knob.origin = origin_of(row, table).text();
    knob.doc = row.doc;
    return knob;
}

Knob knob_of_option(const Option& option) {
    Knob knob;
    knob.group = "options";
    knob.path = cat("options.", option.id);
    knob.type = *option.type == "boolean"  ? "true or false"
                : *option.type == "choice" ? cat("one of ", join(*option.choices, ", "))
                : *option.type == "number" ? "a number"
                                           : "text";
    const bool bare = *option.type == "boolean" || *option.type == "number";
    knob.default_text = bare ? *option.initial : Json(*option.initial).dump();
    knob.value = bare ? *option.value : Json(*option.value).dump();
    knob.origin = option.value.origin.text();
    knob.doc = *option.doc;
    knob.consumers = option.consumers;
    return knob;
}

}  // namespace knobs_detail

std::vector<Knob> effective_options(const Config& config, const std::string& profile) {
    using namespace knobs_detail;
    Config copy = config;  // rows take a mutable table
    std::vector<Knob> out;
    for (const Option& option : config.options) out.push_back(knob_of_option(option));
    for (const Section& section : schema()) {
        if (section.name == "options") continue;
        const std::size_t count = section.many() ? section.count(copy) : 1;
        for (std::size_t i = 0; i < count; ++i) {
            void* table = section.many() ? section.element(copy, i) : section.single(copy);
            const std::string name = section.many() ? element_name(section, copy, i) : std::string();
            for (const Row& row : section.rows) {
                Knob knob = knob_of(section, row, table, name);
                knob.consumers = consumers_of(config, section, row, name, profile);
                out.push_back(std::move(knob));
            }
        }
    }
    return out;
}

std::vector<Knob> crate_switches(const std::string& crate) {
    const Section* section = find_section("crates");
    CrateRule none;
    std::vector<Knob> out;
    for (const Row& row : section->rows) {
        Knob knob = knobs_detail::knob_of(*section, row, &none, crate);
        knob.group = "crates";
        knob.consumers = {cat("crate ", crate)};
        out.push_back(std::move(knob));
    }
    return out;
}

}  // namespace cermet::options
