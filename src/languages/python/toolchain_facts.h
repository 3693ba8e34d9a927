// Toolchains as facts: compilers, rustc and the interpreter, with the binary interfaces that they make (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
// Scripts and generators ask for `abi:c`, `abi:c++`, `abi:rust`, `abi:python`, and for the programs `tool:cc`, `tool:c++`,
// `tool:rustc`, `tool:python`. Services needed: BuildRequest, Executor.
#pragma once
#include "engine/build.h"
#include "languages/python/environment.h"
#include "languages/rust/rust.h"
#include "platform/abi.h"
#include "talk/talk.h"

namespace cermet::python {

platform::AbiRecord abi_of(const rust::RustToolchain& rust);
// The machine and the C library are those of the program that holds Python.
platform::AbiRecord abi_of(const Python& python);

bool is_toolchain_fact(const facts::FactName& name);
class ToolchainFact {
   public:
    using Value = talk::ProvidedFact;
    static constexpr std::string_view k_name = "toolchain-fact";
    ToolchainFact(facts::FactName name, Machine machine) : name_(std::move(name)), machine_(machine) {}
    std::string text() const { return name_.text() + shown_machine(machine_); }
    std::string describe() const { return cat("describing ", text()); }
    const facts::FactName& name() const { return name_; }
    Machine machine() const { return machine_; }

   private:
    facts::FactName name_;
    Machine machine_;
};
engine::Task<talk::ProvidedFact> run(engine::Build build, ToolchainFact key);

}  // namespace cermet::python
