// The two machines of a build, as the configuration says.
// SPDX-License-Identifier: MIT
#include "languages/python/target.h"

namespace cermet::python {

Target target_of(const options::Config& config) {
    Target target;
    target.triple = platform::host_triple();
    if (!config.target->empty() && *config.target != platform::k_host_tuple) {
        const Result<platform::Triple> said = platform::parse_triple(*config.target);
        if (said.ok()) target.triple = *said;
    }
    target.cross = !(target.triple == platform::host_triple());
    target.record = config.find_toolchain(target.triple);
    return target;
}

bool is_cross(const options::Config& config, Machine machine) {
    return machine == Machine::Target && target_of(config).cross;
}

Machine machine_of_tools(const options::Config& config) {
    return target_of(config).cross ? Machine::Build : Machine::Target;
}

const options::ToolchainRecord* toolchain_record(const options::Config& config, Machine machine) {
    return machine == Machine::Target ? target_of(config).record : config.find_toolchain(platform::host_triple());
}

c::CrossRecord cross_record(const options::Config& config) {
    const Target target = target_of(config);
    c::CrossRecord record;
    record.target = target.triple;
    record.place = config.target.origin.where;
    if (target.record == nullptr) return record;
    record.place = target.record->place.file.empty() ? record.place : target.record->place;
    record.cc = *target.record->cc;
    record.cxx = *target.record->cxx;
    record.ar = *target.record->ar;
    record.c_flags = *target.record->c_flags;
    record.cxx_flags = *target.record->cxx_flags;
    record.link_flags = *target.record->link_flags;
    record.pkg_config = *target.record->pkg_config;
    return record;
}

}  // namespace cermet::python
