// Observation: what a script that was watched read, looked for and tried to reach, beyond what is declared for it.
// SPDX-License-Identifier: MIT
//
// Files and addresses come from the kernel (exec/call_watch.h). Variables and names of hosts come from a library that the
// script's processes load, so only from programs that ask the C library: not from static programs, nor from those that copy
// the whole environment when they start (shells, Perl, Python, a script's own std::env::vars). Plain values.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exec/call_watch.h"

namespace cermet::exec {

struct Observation {
    std::string label;
    std::string description;  // "run build script of z-sys v1.0.0"
    std::string script;       // Action::script
    std::string program;      // what it started, where that is a program which this build made: "build-script-build"
    bool local = false;       // it is of the project, not of a package from elsewhere
    std::string printed;      // its stdout
    std::set<std::string> asked_for;  // variables that its action asks for, set or not
    std::vector<HeardRead> reads;     // canonical paths
    std::vector<std::string> addresses;
    std::map<std::string, std::set<std::string>> variables;  // name -> names of the programs that looked for it
    std::set<std::string> given;                             // of these: the step had it
    std::set<std::string> hosts;                             // whose addresses were asked for
    std::string consumer() const;                            // "build script of z-sys v1.0.0", "generate:primes"
};

}  // namespace cermet::exec
