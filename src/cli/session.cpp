// Wiring one command's build.
// SPDX-License-Identifier: MIT
#include "cli/session.h"

#include <algorithm>
#include <csignal>
#include <pthread.h>

#include "base/clock.h"
#include "base/gitignore.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/common.h"
#include "exec/environment.h"
#include "exec/sandbox.h"
#include "fetch/declared.h"
#include "languages/python/crate_requests.h"
#include "languages/python/environment.h"
#include "platform/os.h"

namespace cermet::cli {
namespace session_detail {

// make's and cargo's jobserver as the executor wants it.
class Tokens : public exec::TokenSource {
   public:
    explicit Tokens(std::unique_ptr<exec::Jobserver> server) : server_(std::move(server)) {}
    bool acquire(int cancel_descriptor) override {
        Result<exec::Jobserver::Token> token = server_->acquire(cancel_descriptor);
        if (!token.ok()) return false;
        std::lock_guard<std::mutex> hold(mutex_);
        held_.push_back(std::move(*token));
        return true;
    }
    void release() override {
        std::lock_guard<std::mutex> hold(mutex_);
        if (!held_.empty()) held_.pop_back();
    }
    std::map<std::string, std::string> environment() const override {
        return server_->environment(exec::JobserverText::Descriptors);
    }
    std::vector<int> descriptors() const override { return server_->inherited(); }

   private:
    std::unique_ptr<exec::Jobserver> server_;
    std::mutex mutex_;
    std::vector<exec::Jobserver::Token> held_;
};

std::string canonical_of(const Checkout& checkout, const std::string& host) {
    return join_path(exec::k_ws, relative_to(host, checkout.host));
}

// How the user calls the directories that canonical texts name.
std::vector<report::ShownPath> shown_paths(const exec::Places& places, const Checkout& checkout) {
    std::vector<report::ShownPath> paths;
    for (const auto& [canonical, host] : places.all()) paths.push_back({canonical, host});
    paths.push_back({checkout.directory, "."});
    return paths;
}

// What must be known of the configuration before the first step.
struct Beforehand {
    std::vector<std::string>
        outputs;                     // declared inside the checkout, canonical: a mirror stands over their directories
    std::vector<std::string> files;  // what the mirror shows, relative to the checkout
    std::vector<std::string> pass_env;  // of [env]
    bool strict = false;
    fetch::DownloadPolicy downloads;
};

Beforehand read_beforehand(const Checkout& checkout, const std::string& project, const options::Overrides& overrides) {
    Beforehand found;
    HostFiles files;
    Result<options::Config> config = options::load_config(files, project, overrides);
    if (!config.ok()) return found;  // the build itself will say what is wrong
    found.pass_env = *config->pass_env;
    found.strict = *config->strict;
    found.downloads = fetch::policy_of(*config, project);
    for (const std::string& path : python::in_tree_outputs(*config)) {
        found.outputs.push_back(canonical_of(checkout, path));
    }
    if (found.outputs.empty()) return found;
    GitIgnore ignore(files, checkout.host);
    found.files = ignore.list(checkout.host);
    return found;
}

// Variables that the configuration sets, where the environment does not: from now on they are the user's own.
Status set_variables(python::BuildRequest& request) {
    HostFiles files;
    Result<options::Config> config = options::load_config(files, request.host_directory, request.overrides);
    if (!config.ok()) return {};  // the build itself will say what is wrong
    for (const auto& [name, value] : *config->env_set) {
        if (!platform::environment(name)) platform::set_environment(name, value);
    }
    for (const std::string& key : config->outside.unrecorded) {
        const std::string name = key.substr(std::min(key.size(), key.rfind('.') + 1));
        if (key.compare(0, 8, "env.set.") != 0 || platform::environment(name)) continue;
        return usage_error(cat("the record in ", request.overrides.file, " lacks the value of the variable ", name),
                           "it was a secret, or a path of the machine that built it: set it in the environment");
    }
    if (request.source_date_epoch.empty())
        request.source_date_epoch = platform::environment("SOURCE_DATE_EPOCH").value_or("");
    return {};
}

Status can_be_strict() {
    if (exec::Isolation::probe().landlock()) return {};
    return environment_error(
        "strict mode is not possible here: this kernel has no Landlock, which limits what scripts read",
        "build without --strict (the key `strict`), or on Linux 5.19 or newer with Landlock enabled");
}

}  // namespace session_detail

Result<std::unique_ptr<Session>> Session::open(SessionSettings settings) {
    std::unique_ptr<Session> session(new Session());
    session->settings_ = std::move(settings);
    if (!platform::is_directory(session->settings_.directory)) {
        return usage_error(cat("there is no directory ", session->settings_.directory));
    }
    TRY(project, platform::real_path(session->settings_.directory));
    session->checkout_ = session->settings_.checkout ? *session->settings_.checkout : find_checkout(project);
    session->settings_.request.directory = session->checkout_.directory;
    session->settings_.request.host_directory = project;
    TRY_VOID(session_detail::set_variables(session->settings_.request));
    TRY(store, store::Store::open(store::Store::default_directory()));
    session->store_ = std::move(store);
    session->root_ = session->store_->root_directory(session->checkout_.host);
    return session;
}

Status Session::start() {
    if (graph_ != nullptr) return {};
    TRY(network, fetch::NetworkHelper::start());
    network_ = std::move(network);
    if (settings_.request.offline) network_->forbid_network("--offline was given");
    TRY_VOID(lock_root());
    TRY(binds, exec::lay_places(*store_, root_, checkout_.host));
    bool want_mount = settings_.mode.value_or(exec::RootMode::Mount) == exec::RootMode::Mount;
    places_ = std::make_unique<exec::Places>();
    if (want_mount) {
        exec::MountPlan plan;
        plan.binds = binds;
        exec::MountAnswer answer = exec::enter_mount(plan);
        if (answer.entered) places_->mode = exec::RootMode::Mount;
        if (!answer.entered && settings_.mode) {
            return environment_error(cat("mount mode is not possible here: ", answer.reason), "use --mode plain");
        }
    }
    for (const auto& [canonical, host] : binds) places_->add(canonical, host);
    if (settings_.console != nullptr) settings_.console->show(session_detail::shown_paths(*places_, checkout_));
    lease_ = store_->lease();
    return make_services(settings_.request.host_directory);
}

Status Session::lock_root() {
    TRY(lock, store::RootLock::try_take(root_));
    if (!lock) {
        engine::emit(settings_.events, engine::Notice{"another build of this checkout is running: waiting for it"});
        TRY(waited, store::RootLock::take(root_));
        root_lock_ = std::move(waited);
    } else {
        root_lock_ = std::move(*lock);
    }
    root_lock_->let_children_inherit();
    return {};
}

Status Session::make_services(const std::string& project) {
    exec::ExecutorOptions options;
    options.jobs = settings_.jobs > 0 ? settings_.jobs : platform::cpu_count();
    options.memory = settings_.memory;
    options.check = settings_.check;
    options.root = root_;
    options.checkout = checkout_.host;
    options.user_directory = project;
    options.commands = settings_.commands ? exec::Commands::Shown : exec::Commands::Hidden;
    options.workers = settings_.use_workers ? exec::Workers::Yes : exec::Workers::No;
    options.user = exec::user_environment();
    std::string notice;
    std::optional<std::unique_ptr<exec::Jobserver>> inherited = exec::Jobserver::inherit(options.user, notice);
    if (!notice.empty()) engine::emit(settings_.events, engine::Notice{notice});
    if (inherited) {
        tokens_ = std::make_unique<session_detail::Tokens>(std::move(*inherited));
    } else {
        TRY(server, exec::Jobserver::serve(root_, options.jobs));
        tokens_ = std::make_unique<session_detail::Tokens>(std::move(server));
    }
    options.tokens = tokens_.get();
    session_detail::Beforehand before =
        session_detail::read_beforehand(checkout_, project, settings_.request.overrides);
    options.pass_env = before.pass_env;
    if (before.strict && !settings_.observe) {
        TRY_VOID(session_detail::can_be_strict());
        options.strict = exec::Strict::Yes;
    }
    executor_ = std::make_unique<exec::Executor>(*store_, *places_, options, settings_.events);
    if (!before.outputs.empty()) TRY_VOID(executor_->declare_in_tree(before.outputs, before.files));
    if (settings_.request.offline) before.downloads.offline = "--offline was given";
    downloads_ = std::make_unique<fetch::Downloads>(*executor_, *network_, std::move(before.downloads));
    graph_ = std::make_unique<engine::Graph>();
    graph_->keep_going = settings_.keep_going ? engine::KeepGoing::Yes : engine::KeepGoing::No;
    graph_->provide(executor_.get());
    graph_->provide(store_.get());
    graph_->provide(network_.get());
    graph_->provide(downloads_.get());
    graph_->provide(&settings_.request);
    watch_signals();
    return {};
}

// Ctrl-C and SIGTERM end the build in order: every process group is killed, every frame destroyed.
void Session::watch_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR2);  // ends the watcher
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    watcher_ = std::thread([this, set] {
        int signal = 0;
        while (sigwait(&set, &signal) == 0 && signal != SIGUSR2) {
            graph_->request_cancel();
            executor_->cancel();
            network_->cancel();
        }
    });
}

Session::~Session() {
    if (executor_) executor_->finish(exec::Drain::Kill);
    if (watcher_.joinable()) {
        pthread_kill(watcher_.native_handle(), SIGUSR2);
        watcher_.join();
    }
    if (downloads_) downloads_->stop();
    graph_.reset();
    downloads_.reset();
    executor_.reset();
    if (store_) {
        Status flushed = store_->flush();
        Status collected = store_->collect_if_needed();
        auto say = [this](std::string_view what, const Error& error) {
            engine::emit(settings_.events, engine::Notice{cat(what, error.message)});
        };
        if (!flushed.ok()) say("the cache could not be written, and the next build repeats work: ", flushed.error());
        if (!collected.ok()) say("old results could not be removed from the cache: ", collected.error());
    }
}

void Session::begin(std::string what) {
    begin_us_ = monotonic_us();
    engine::emit(settings_.events, engine::BuildStarted{std::move(what), begin_us_});
}

void Session::end(bool ok) {
    executor_->finish(ok ? exec::Drain::Finish : exec::Drain::Kill);
    exec::ExecutorCounts counts = executor_->counts();
    engine::BuildFinished finished;
    finished.ok = ok;
    finished.counts.ran = static_cast<std::int64_t>(counts.started - counts.cut_off - counts.failed);
    finished.counts.hits = static_cast<std::int64_t>(counts.hits);
    finished.counts.cut_off = static_cast<std::int64_t>(counts.cut_off);
    finished.counts.failed = static_cast<std::int64_t>(counts.failed);
    finished.time_us = monotonic_us();
    finished.wall_us = finished.time_us - begin_us_;
    engine::emit(settings_.events, finished);
}

Error Session::shown(Error error) const { return for_people(*executor_, std::move(error)); }

std::vector<Error> Session::failures() const {
    std::vector<Error> errors;
    if (graph_ == nullptr || told_at_once_) return errors;
    for (const Error& failure : graph_->failures()) errors.push_back(shown(failure));
    return errors;
}

Status Session::deliver(const exec::Input& file, const std::string& host_path, std::uint32_t mode) {
    Result<Digest> present = store_->file_digest(host_path);
    const bool executable = (mode & 0111) != 0;
    if (present.ok() && *present == file.digest && platform::stat_file(host_path).executable() == executable) return {};
    TRY(bytes, store_->get(file.digest));
    TRY_VOID(platform::make_directories(std::string(parent(host_path))));
    return platform::write_file_atomic(host_path, bytes, mode);
}

}  // namespace cermet::cli
