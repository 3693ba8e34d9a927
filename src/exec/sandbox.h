// The sandbox: the mount namespace with canonical places, and what keeps a child in its own room.
// SPDX-License-Identifier: MIT
//
// enter_mount() is called once, at program start, before any thread exists. It tries everything in
// a forked child first, so a refusal leaves this process as it was: the answer is then `entered ==
// false` with a reason, never an Error. With CAP_SYS_ADMIN only a mount namespace is made, else a
// user namespace that maps this uid and gid to themselves. Nothing is created in the host's file
// system: the new root is a tmpfs onto which each top-level entry of / is bound. Isolation is what
// each child gets beside that: its own network (only `lo`), no_new_privs, writes limited by
// Landlock to given directories, reads too where asked, no address randomisation where asked. Every
// feature is probed; an absent one is skipped silently. They are properties of a thread, so apply()
// is called on the short-lived thread that spawns the child. Linux only; elsewhere enter_mount()
// says so and Isolation does nothing. Sources: user_namespaces(7), pivot_root(2), landlock(7).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/os.h"

namespace cermet::exec {

struct MountPlan {
    std::vector<std::pair<std::string, std::string>> binds;  // canonical directory -> real directory (must exist)
    // Those of `binds` nobody may write through: the checkout keeps its real path for the commands
    // that write it.
    std::vector<std::string> read_only = {"/cermet/ws", "/cermet/home"};
};

struct MountAnswer {
    bool entered = false;
    bool nested = false;  // /cermet exists already: a build inside a build; not worth a word to the user
    std::string reason;   // why not
};

MountAnswer enter_mount(const MountPlan& plan);
// Binds one more directory, in the namespace entered before; any thread. The mount point is made
// when it is missing.
Status bind_place(const std::string& canonical, const std::string& host);

enum class Randomise { Yes, No };  // addresses

// Where a process may go; real paths as this process sees them. What is not there is left out.
struct Reach {
    std::vector<std::string> writable;  // directories; empty: no limit
    std::vector<std::string> readable;  // directories and files, also to start programs from; empty: no limit
    std::vector<std::string> listable;  // directories of which names may be read, and not what is in the files
    bool network = false;               // it may use it
    bool limits_reads() const { return !readable.empty(); }
};

class Isolation {
   public:
    Isolation() = default;
    // Finds out what this machine offers. Starts and ends one thread.
    static Isolation probe();
    bool any() const { return network_.valid() || landlock_ > 0; }
    bool network() const { return network_.valid(); }
    bool landlock() const { return landlock_ > 0; }
    // Restricts the calling thread and everything it spawns, for good. False: reads were to be limited and are not, so
    // nothing may be started; any other feature that is absent is skipped.
    bool apply(const Reach& reach, Randomise randomise) const;

   private:
    bool limit_files(const Reach& reach) const;
    platform::Fd network_;  // the namespace without a network
    int landlock_ = 0;      // ABI version; 0: not usable
};

}  // namespace cermet::exec
