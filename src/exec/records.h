// Records: the bytes in which exec keeps traces, results, ok-marks and explanations.
// SPDX-License-Identifier: MIT
//
// All begin with a version; a record of another version, or a damaged one, reads as "none". Pure
// functions.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/action.h"

namespace cermet::exec {

std::string encode_leaves(const std::vector<Leaf>& leaves);
std::optional<std::vector<Leaf>> decode_leaves(std::string_view bytes);

std::string encode_outcome(const Outcome& outcome);
std::optional<Outcome> decode_outcome(std::string_view bytes);

// What stands in a finished step's directory.
struct OkMark {
    Digest action;   // with its leaves: the digest under which the result is stored
    Digest outputs;  // Outcome::digest()
};
std::string encode_mark(const OkMark& mark);
std::optional<OkMark> decode_mark(std::string_view bytes);

// What a step was when it last succeeded: enough to say later what changed.
struct StepMemory {
    std::vector<std::string> argv;
    std::map<std::string, std::string> env;
    std::map<std::string, std::string> platform;
    std::map<std::string, std::string> inputs;  // path -> digest text
    std::vector<Leaf> leaves;
    std::string rest;  // digest of what else is in the key (outputs, cwd, worker request, …)
    Digest outputs;
    std::string why;  // the explanation of that run
};
StepMemory remember(const Action& action, const std::map<std::string, std::string>& env);
std::string encode_memory(const StepMemory& memory);
std::optional<StepMemory> decode_memory(std::string_view bytes);

// What differs, one line each, at most `k_max_differences`; empty when nothing does.
std::vector<std::string> differences(const StepMemory& before, const StepMemory& now);
inline constexpr std::size_t k_max_differences = 12;

}  // namespace cermet::exec
