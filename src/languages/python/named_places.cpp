// Places that rules for crates name: declared downloads, programs, members of facts.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "exec/executor.h"
#include "exec/queries.h"
#include "fetch/declared.h"
#include "languages/python/modules.h"
#include "languages/python/package.h"
#include "languages/python/system_library.h"
#include "languages/python/target.h"
#include "languages/python/toolchain_facts.h"
#include "talk/talk.h"

namespace cermet::talk {
namespace named_places_detail {

constexpr std::string_view k_heads[] = {"download:", "tool:", "library:", "headers:", "config:"};

// "library:z:search" -> "library:z" and "search".
struct FactMember {
    facts::FactName fact;
    std::string member;
};

std::optional<FactMember> fact_member(const std::string& text) {
    const std::size_t last = text.rfind(':');
    if (last == text.find(':')) return std::nullopt;
    std::optional<facts::FactName> name = facts::parse_fact_name(text.substr(0, last));
    if (!name) return std::nullopt;
    return FactMember{*name, text.substr(last + 1)};
}

std::string text_of(const Json& member) {
    return member.is_string() ? member.string() : join(member.string_list(), ":");
}

Result<Place> place_of(const ProvidedFact& found, const FactMember& wanted) {
    const Json& value = found.fact->value;
    Place place;
    place.text = text_of(value[wanted.member]);
    place.inputs = found.files;
    if (!place.text.empty()) return place;
    std::vector<std::string> members;
    for (const auto& [name, member] : value.object()) {
        if (!text_of(member).empty()) members.push_back(name);
    }
    return project_error(cat(wanted.fact.text(), " has no `", wanted.member, "`"),
                         cat("it is provided by ", found.fact->origin, ", with ", join(members, ", ")));
}

}  // namespace named_places_detail

bool names_place(std::string_view text) {
    using namespace named_places_detail;
    return std::any_of(std::begin(k_heads), std::end(k_heads), [&](std::string_view head) {
        if (text.substr(0, head.size()) != head || text.size() == head.size()) return false;
        return head == "download:" || head == "tool:" || fact_member(std::string(text)).has_value();
    });
}

// A program of the project, or one of the machine.
class NamedTool {
   public:
    using Value = Place;
    static constexpr std::string_view k_name = "named-tool";
    NamedTool(std::string name, std::string who) : name_(std::move(name)), who_(std::move(who)) {}
    std::string text() const { return cat(name_, " ", who_); }
    std::string describe() const { return cat("looking for the program ", name_); }
    const std::string& name() const { return name_; }
    const std::string& who() const { return who_; }

   private:
    std::string name_, who_;
};

engine::Task<Place> run(engine::Build build, NamedTool key) {
    Place place;
    python::SharedConfig config = co_await build.get(python::LoadConfig());
    if (config->find_executable(key.name()) != nullptr) {
        python::BuiltProgram built =
            co_await build.get(python::BuildProgram(key.name(), python::machine_of_tools(*config)));
        place.text = built.file.path;
        place.inputs = built.libraries;
        place.inputs.push_back(built.file);
        co_return place;
    }
    facts::FactName name;
    name.kind = "tool";
    name.name = key.name();
    // Compilers of the machine are facts too: as programs they are looked up like any other.
    ProvidedFact found;
    if (!python::is_toolchain_fact(name) || config->provide->count(name.text()) != 0) {
        ProvidedFact one = co_await build.get(ProjectFact(name, python::machine_of_tools(*config)));
        found = one;
    }
    if (found.fact) {
        place.text = found.fact->value["program"].string();
        place.inputs = found.files;
        co_return place;
    }
    exec::Program program = co_await build.get(exec::FindProgram(key.name()));
    if (!program.found())
        co_return environment_error(cat(key.name(), " is needed by ", key.who(), ", and is not installed"),
                                    "install it, or put its directory on PATH");
    place.text = program.path;
    place.platform.emplace("tool " + key.name(), program.digest.hex());
    co_return place;
}

// The place, without the place of who names it.
class FoundPlace {
   public:
    using Value = Place;
    static constexpr std::string_view k_name = "found-place";
    FoundPlace(std::string name, std::string who, platform::Machine machine)
        : name_(std::move(name)), who_(std::move(who)), machine_(machine) {}
    std::string text() const { return cat(name_, " ", who_, platform::shown_machine(machine_)); }
    const std::string& name() const { return name_; }
    const std::string& who() const { return who_; }
    platform::Machine machine() const { return machine_; }

   private:
    std::string name_, who_;
    platform::Machine machine_;
};

engine::Task<Place> run(engine::Build build, FoundPlace key) {
    using namespace named_places_detail;
    const std::string rest = key.name().substr(key.name().find(':') + 1);
    if (key.name().compare(0, 9, "download:") == 0) {
        python::ProvidedDownload download = co_await build.get(python::ProvideDownload(rest));
        Place place;
        python::SharedConfig config = co_await build.get(python::LoadConfig());
        place.text = download.path;
        place.inputs.push_back(download.input);
        place.variable = fetch::variable_of(*config->find_download(rest));
        co_return place;
    }
    if (key.name().compare(0, 5, "tool:") == 0) {
        Place place = co_await build.get(NamedTool(rest, key.who()));
        co_return place;
    }
    const std::optional<FactMember> named = fact_member(key.name());
    if (!named) {  // anything else that `uses` may name: only its files count
        c::Provides provided = co_await build.get(python::ProvideUse(key.name(), Where(), key.machine()));
        Place place;
        place.inputs = provided.inputs;
        place.inputs.insert(place.inputs.end(), provided.archives.begin(), provided.archives.end());
        if (key.name().compare(0, 4, "sys:") == 0) {
            std::vector<exec::Input> files = co_await build.get(python::SystemFiles(rest, key.machine()));
            place.inputs.insert(place.inputs.end(), files.begin(), files.end());
        }
        co_return place;
    }
    const FactMember wanted = *named;
    ProvidedFact found = co_await build.get(ProjectFact(wanted.fact, key.machine()));
    if (!found.fact) co_return nobody_provides(key.who(), wanted.fact, found.offered);
    Result<Place> place = place_of(found, wanted);
    co_return place;
}

engine::Task<Place> run(engine::Build build, NamedPlace key) {
    Result<Place> found = co_await build.attempt(FoundPlace(key.name(), key.who(), key.machine()));
    if (found.ok()) co_return *found;
    Error error = found.error();
    if (error.where.file.empty()) error.where = key.where();
    co_return error;
}

}  // namespace cermet::talk
