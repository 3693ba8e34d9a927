// Action: one process to run, as data: a REAPI Command plus an input root; its digest is its name.
// SPDX-License-Identifier: MIT
//
// All paths and texts are canonical (exec/places.h). An action says what it reads (inputs: files
// with digests, or whole immutable trees) and what it writes (outputs below its own directory). How
// the process is launched is not part of it. Steps whose inputs are only known after running name a
// Discovery; see exec/run.h for intent, trace and digest. Encoding: REAPI v2 messages Action,
// Command, Directory in canonical form (docs/formats.md). Plain copyable values.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace cermet::exec {

enum class InputKind {
    File,
    Executable,
    Tree,     // a directory whose digest is given by its content rule
    Offered,  // a file that the process may read: its name is in the key, its bytes are once they were read (only with a
              // Discovery that reports every read)
};

struct Input {
    std::string path;  // canonical, absolute
    Digest digest;
    InputKind kind = InputKind::File;
    Input() = default;
    Input(std::string p, Digest d, InputKind k = InputKind::File) : path(std::move(p)), digest(d), kind(k) {}
    bool operator==(const Input&) const = default;
};

enum class OutputKind { File, Directory, OptionalFile };

struct Output {
    std::string path;  // relative to the action's directory; or canonical below /cermet/ws for
                       // declared in-tree outputs
    OutputKind kind = OutputKind::File;
    Output() = default;
    explicit Output(std::string p, OutputKind k = OutputKind::File) : path(std::move(p)), kind(k) {}
    bool operator==(const Output&) const = default;
};

// How the inputs that the process found by itself are learnt after it ran.
enum class Discovery {
    None,     // all inputs are declared
    Depfile,  // a Makefile-style depfile at `discovery_file` (gcc, clang); plus absences from the
              // include order
    DepInfo,  // rustc's dep-info at `discovery_file`, with its env-dep lines
    Worker,   // the worker reports hits and misses (Cython)
    Printed,  // files and directories on lines of its stdout that begin with one of `watch` (build scripts)
};

// Where outputs live and whether other checkouts may share them.
enum class Scope { Checkout, Shared };

// Urgencies of the kinds of steps: what stands at the start of a long chain starts early.
inline constexpr int k_before_one = 1;   // one more step stands on it, as on generated C
inline constexpr int k_before_many = 2;  // a chain stands on it, as on a crate

// Of a step that converses: what it said and wanted no answer for, one JSON object a line; relative to its directory.
// Optional: a step that says nothing makes none.
inline constexpr std::string_view k_statements = "channel.jsonl";
inline constexpr int k_channel_descriptor = 9;  // of its end: the highest that every shell can name

// In `platform`: a file of the system that no toolchain record knows, by its path.
inline constexpr std::string_view k_system_file = "library ";

enum class TwoStep { No, Rustc };  // Rustc: stderr JSON announces the finished .rmeta before the process ends

struct Action {
    std::string label;         // directory name: step name + "-" + 8 hex of its identity; never from
                               // mutable content
    std::string description;   // "compile serde v1.0.228": for people
    std::string project_file;  // the user's own file this step is about, canonical; for errors
    Scope scope = Scope::Checkout;
    std::vector<std::string> argv;
    std::map<std::string, std::string> env;  // the whole environment besides what exec adds (see exec/environment.h)
    std::string cwd;                         // canonical
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::map<std::string, std::string> platform;  // toolchain record digests and the like
    Discovery discovery = Discovery::None;
    std::string discovery_file;              // relative to directory()
    std::vector<std::string> watch;          // Printed: beginnings of lines, each followed by a path
    std::vector<std::string> include_order;  // Depfile: directories in which an earlier header would shadow
    std::vector<std::string> pass_env;       // names read from the user's environment; values become env leaves
    TwoStep two_step = TwoStep::No;
    std::string early_output;           // Rustc: relative path of the .rmeta
    std::string worker;                 // non-empty: run by this worker kind instead of a new process
    std::string worker_request;         // the request's JSON, canonical text
    std::vector<std::string> writable;  // canonical directories the process may write besides its own
    std::vector<std::string> path;      // canonical directories searched before those that every PATH has
    bool network = false;               // it may use the network: its result depends on more than its inputs
    // Of a script, a step that runs code of the project's or a crate's own: the table that speaks of it, "crates.NAME" or
    // "generate.NAME"; "": a known tool. Not in the key.
    std::string script;
    // Of a script: canonical directories, each with all below it, of which it may read names where it may not read every
    // file: those that a declaration looks into. In the key of a strict one.
    std::vector<std::string> listable;
    bool strict = false;  // of a script: it can read only what is declared; the executor's own, in the key
    std::string hint;     // shown when the step fails
    std::vector<std::pair<std::string, std::string>> advice;  // without a hint: words that a failed tool may say, and
                                                              // the hint for them; not in the key
    std::string writes;                // where it should write, for people to whom it is told where it wrote
    std::string fetches;               // how it is given files of the network, for people whose step asked for some
    std::vector<std::string> answers;  // diagnostics' lines that hold one of these are for the rule that asked,
                                       // not for people; not in the key
    std::string wanted_lines;          // of a long stdout only lines that begin so count; not in the key
    std::string subject;               // of rustc: "`hello` (bin \"hello\")": its count of diagnostics begins so
    std::string fix;                   // of rustc: the command that applies suggestions; neither is in the key
    int urgency = 0;                   // of two steps that could start the more urgent does; not in the key
    bool verify_inputs = false;        // outputs of other steps are hashed again before use, because
                                       // their bytes are shipped; not in the key
    std::vector<std::string> expected_tools;  // absolute canonical programs used: checked to exist before the start

    std::string directory() const;  // "/cermet/out/<label>" or "/cermet/shared/<label>"
    bool operator==(const Action&) const = default;
};

// The REAPI messages of an action, canonical bytes and digests. `salt` is the engine's schema
// version.
struct EncodedAction {
    std::string action;
    std::string command;
    std::map<std::string, std::string> directories;  // hex digest -> Directory bytes
    Digest action_digest;
    Digest command_digest;
    Digest root_digest;
};
EncodedAction encode(const Action& action);

// A file, an absence, … that a step depended on and that was found by running it; or any leaf of a
// request.
struct Leaf {
    // Asked: a variable that the process looked for and was not given; it says so and decides nothing.
    // Answer: what the process asked its rule (exec/conversation.h), and the digest of what it was told.
    enum class Type { File, Absent, Listing, Env, Tool, Fact, Place, Asked, Answer } type = Type::File;
    std::string name;   // canonical path, variable name, fact name
    std::string value;  // digest text, "absent", rendered place text …
    auto operator<=>(const Leaf&) const = default;
};
std::string_view leaf_type_name(Leaf::Type type);
// The action with exactly these inputs: file leaves join the input root, the others the salt.
// Without leaves: encode(action).
EncodedAction encode_exact(const Action& action, const std::vector<Leaf>& found);

struct OutputFile {
    std::string path;  // as in Output: relative to directory(), or canonical below /cermet/ws;
                       // below a Directory output its full relative path
    Digest digest;
    bool executable = false;
    bool operator==(const OutputFile&) const = default;
};

// What running an action gives; equal outcomes mean equal bytes (early cut-off).
struct Outcome {
    std::string directory;          // canonical
    std::vector<OutputFile> files;  // sorted by path
    std::vector<std::string> empty_directories;
    Digest stdout_digest;
    Digest stderr_digest;
    std::vector<Leaf> leaves;  // the trace: what was found
    bool operator==(const Outcome& o) const {
        return directory == o.directory && files == o.files && stdout_digest == o.stdout_digest;
    }
    const OutputFile* find(std::string_view path) const;
    Digest digest() const;                                   // over files and empty directories
    std::string canonical(std::string_view relative) const;  // directory + "/" + relative
    Input input(std::string_view relative) const;            // as another action's input; Bug when absent
    std::vector<Input> all_inputs() const;
};

}  // namespace cermet::exec
