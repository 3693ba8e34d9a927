// Queries: small questions to the world outside the project; each answer is a leaf of the request.
// SPDX-License-Identifier: MIT
//
//     const std::string& text = co_await build.get(BlobText(outcome.stdout_digest));
//     const Program& cc = co_await build.get(FindProgram("cc"));               on the user's PATH
//     const std::string& flags = co_await build.get(UserEnvironment("CFLAGS"));  "" when unset
#pragma once
#include <optional>
#include <string>

#include "base/digest.h"
#include "engine/build.h"

namespace cermet::exec {

// The bytes of a blob in the store.
class BlobText {
   public:
    using Value = std::string;
    static constexpr std::string_view k_name = "blob";
    explicit BlobText(Digest digest) : digest_(digest) {}
    std::string text() const { return digest_.text(); }
    const Digest& digest() const { return digest_; }

   private:
    Digest digest_;
};
engine::Task<std::string> run(engine::Build build, BlobText key);

struct Program {
    std::string path;  // canonical; /usr/bin/cc itself, or below /cermet/tool for programs outside
                       // the system directories
    Digest digest;     // of the file it resolves to
    bool operator==(const Program&) const = default;
    bool found() const { return !path.empty(); }
};

// Looks a program up on the user's PATH (or checks an absolute path). Absence is an answer: found()
// is false.
class FindProgram {
   public:
    using Value = Program;
    static constexpr std::string_view k_name = "program";
    explicit FindProgram(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<Program> run(engine::Build build, FindProgram key);

class UserEnvironment {
   public:
    using Value = std::string;
    static constexpr std::string_view k_name = "environment";
    explicit UserEnvironment(std::string name) : name_(std::move(name)) {}
    std::string text() const { return name_; }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
};
engine::Task<std::string> run(engine::Build build, UserEnvironment key);

}  // namespace cermet::exec
