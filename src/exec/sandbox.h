// The sandbox: the mount namespace with canonical places, and what keeps a child in its own room.
// SPDX-License-Identifier: MIT
//
// enter_mount() is called once, at program start, before any thread exists. It tries everything in
// a forked child first, so a refusal leaves this process as it was: the answer is then `entered ==
// false` with a reason, never an Error. With CAP_SYS_ADMIN only a mount namespace is made, else a
// user namespace that maps this uid and gid to themselves. Nothing is created in the host's file
// system: the new root is a tmpfs onto which each top-level entry of / is bound. Isolation is what
// each child gets beside that: its own network (only `lo`), no_new_privs, writes limited by
// Landlock to given directories, no address randomisation where asked. Every feature is probed; an
// absent one is skipped silently. They are properties of a thread, so apply() is called on the
// short-lived thread that spawns the child. Linux only; elsewhere enter_mount() says so and
// Isolation does nothing. Sources: user_namespaces(7), pivot_root(2), landlock(7).
#pragma once
#include <cstddef>
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
enum class Network { Closed, Open };

class Isolation {
   public:
    Isolation() = default;
    // Finds out what this machine offers. Starts and ends one thread.
    static Isolation probe();
    bool any() const { return network_.valid() || landlock_ > 0; }
    bool network() const { return network_.valid(); }
    bool landlock() const { return landlock_ > 0; }
    // Restricts the calling thread and everything it spawns, for good. Paths are real ones as this
    // process sees them.
    void apply(const std::vector<std::string>& writable, Randomise randomise, Network network) const;

   private:
    void limit_writes(const std::vector<std::string>& writable) const;
    platform::Fd network_;  // the namespace without a network
    int landlock_ = 0;      // ABI version; 0: not usable
};

// WriteWatch hears where a process and all that it starts want to write, and lets them: the kernel decides, this tells. A
// process whose write is refused says "Permission denied" and, in Rust, not of which file. A seccomp filter reports the
// calls that open files for writing or make, rename and remove names; each goes on as if nobody had looked. install() is
// called on the thread that spawns the process, as Isolation::apply(); the rest on the thread that waits for it. A process
// that outlives the watch can open nothing for writing any more. Absent where the kernel or another supervisor does not
// allow it, or somebody traces this program (who would miss calls): then nothing is heard. Source: seccomp_unotify(2).
class WriteWatch {
   public:
    // Paths below these are nobody's business.
    explicit WriteWatch(std::vector<std::string> own) : own_(std::move(own)) {}
    // For the calling thread and what it starts, for good.
    void install();
    // Readable when somebody waits for an answer; -1: nothing to wait for.
    int descriptor() const { return listener_.get(); }
    void answer();  // one call; it goes on
    void close() { listener_ = platform::Fd(); }
    // The first k_most paths, absolute, as the processes see them; each once, in order.
    const std::vector<std::string>& outside() const { return outside_; }

   private:
    static constexpr std::size_t k_most = 20;
    void note(const std::string& path);
    std::vector<std::string> own_;
    std::vector<std::string> outside_;
    platform::Fd listener_;
};

}  // namespace cermet::exec
