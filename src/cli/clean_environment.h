// CleanEnvironment: a new virtual environment in which a wheel is installed and its modules are imported.
// SPDX-License-Identifier: MIT
//
// Everything here runs outside of the build, as the user's own commands do: through the network helper, with his
// environment (index, proxies), less what would bend the result (PYTHONPATH, PIP_TARGET). Each process starts in an empty
// directory. Owns nothing: the caller removes the directory. How it fails: Environment errors where no environment can be
// made; a failed installation or import is an answer.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "fetch/network.h"

namespace cermet::cli {

struct ImportTask {
    enum class Kind { Module, EntryPoint } kind = Kind::Module;
    std::string name;        // "pkg.part", or "pkg.cli:main" of an entry point
    std::string wheel_path;  // of a compiled module: the file that must be the one imported; else ""
};

struct ImportAnswer {
    bool ok = false;
    std::string error;    // "ImportError: …", or how the interpreter died
    std::string missing;  // the module that was not found, where that is the reason
};

struct InstallAnswer {
    bool ok = false;
    std::string output;  // the last lines of what pip said
};

class CleanEnvironment {
   public:
    // `python`: the interpreter the wheel was built for; `directory`: real, becomes the environment's parent.
    static Result<CleanEnvironment> make(fetch::NetworkHelper& network, const std::string& python,
                                         const std::string& directory);
    enum class Requirements { No, Yes };
    // `what`: a wheel's path, or "NAME[extra] @ file://…". Requirements::No needs no network.
    Result<InstallAnswer> install(const std::string& what, Requirements requirements);
    // Whether pip finds everything that `what` requires, without installing it.
    Result<InstallAnswer> resolve(const std::string& what);
    Result<InstallAnswer> check();  // pip check
    // In one process as long as it lives; where an import ends it, the rest goes on in a new one.
    Result<std::vector<ImportAnswer>> import_all(const std::vector<ImportTask>& tasks);

   private:
    CleanEnvironment(fetch::NetworkHelper& network, std::string directory)
        : network_(&network), directory_(std::move(directory)) {}
    std::string python() const { return directory_ + "/venv/bin/python"; }
    fetch::NetworkCommand command(std::vector<std::string> argv, std::string purpose) const;
    Status find_pip(const std::string& python);
    Result<InstallAnswer> pip(std::vector<std::string> words, const std::string& purpose, bool needs_network);
    Result<std::size_t> import_from(const std::vector<ImportTask>& tasks, std::size_t begin,
                                    std::vector<ImportAnswer>& answers);

    fetch::NetworkHelper* network_;
    std::string directory_;
    std::vector<std::string> pip_;  // how pip is called for this environment
};

}  // namespace cermet::cli
