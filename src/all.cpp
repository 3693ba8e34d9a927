// Every source of Cermet in one translation unit: the bootstrap compiles this file, and every other recipe reads it.
// SPDX-License-Identifier: MIT
// This is the only source list. Order: by room, lower rooms first. What CERMET_STAGE0 leaves out, building Cermet itself
// does not need; the stage0.cpp files stand for it, and are empty in stage 1.

// base 0
#include "base/archive/deflate.cpp"
#include "base/archive/tar.cpp"
#include "base/archive/zip.cpp"
#include "base/bytes.cpp"
#include "base/clock.cpp"
#include "base/digest.cpp"
#include "base/error.cpp"
#include "base/gitignore.cpp"
#include "base/json.cpp"
#include "base/log_record.cpp"
#include "base/path.cpp"
#include "base/source_files.cpp"
#include "base/text.cpp"
#include "base/toml.cpp"
#ifndef CERMET_STAGE0
#include "base/archive/ar.cpp"
#endif

// platform 1
#include "platform/host_posix.cpp"
#include "platform/memory_posix.cpp"
#include "platform/os_posix.cpp"
#include "platform/tree_posix.cpp"
#include "platform/triple.cpp"
#ifndef CERMET_STAGE0
#include "platform/abi.cpp"
#include "platform/target.cpp"
#endif

// engine 1
#include "engine/graph.cpp"

// facts 1
#include "facts/fact.cpp"
#ifndef CERMET_STAGE0
#include "facts/messages.cpp"
#include "facts/reference.cpp"
#endif

// options 2
#include "options/check.cpp"
#include "options/compatibility.cpp"
#include "options/config.cpp"
#include "options/overrides.cpp"
#include "options/schema.cpp"
#include "options/values.cpp"
#ifndef CERMET_STAGE0
#include "options/knobs.cpp"
#include "options/record.cpp"
#include "options/reference.cpp"
#include "options/user_options.cpp"
#endif

// store 2
#include "store/append_log.cpp"
#include "store/blobs.cpp"
#include "store/disk_posix.cpp"
#include "store/entries.cpp"
#include "store/gc.cpp"
#include "store/leases.cpp"
#include "store/locks.cpp"
#include "store/stat_cache.cpp"
#include "store/store.cpp"

// exec 3
#include "exec/action.cpp"
#include "exec/collect.cpp"
#include "exec/compiled_headers.cpp"
#include "exec/conversation.cpp"
#include "exec/depfile.cpp"
#include "exec/environment.cpp"
#include "exec/executor.cpp"
#include "exec/failure.cpp"
#include "exec/jobserver.cpp"
#include "exec/lookup.cpp"
#include "exec/mirror.cpp"
#include "exec/peaks.cpp"
#include "exec/places.cpp"
#include "exec/pool.cpp"
#include "exec/process_posix.cpp"
#include "exec/queries.cpp"
#include "exec/records.cpp"
#include "exec/request.cpp"
#include "exec/run.cpp"
#include "exec/rustc_text.cpp"
#include "exec/sandbox_linux.cpp"
#include "exec/step.cpp"
#include "exec/worker.cpp"
#include "exec/world.cpp"
#ifndef CERMET_STAGE0
#include "exec/steps.cpp"
#endif

// fetch 4
#include "fetch/declared.cpp"
#include "fetch/network_posix.cpp"
#include "fetch/packages.cpp"
#include "fetch/place.cpp"
#include "fetch/python_distribution.cpp"
#include "fetch/stage0.cpp"
#include "fetch/tree_digest.cpp"
#ifndef CERMET_STAGE0
#include "fetch/cargo_fetch.cpp"
#include "fetch/downloads.cpp"
#include "fetch/fetch_download.cpp"
#include "fetch/git_checkout.cpp"
#include "fetch/ledger.cpp"
#include "fetch/pinned.cpp"
#include "fetch/progress.cpp"
#include "fetch/registry.cpp"
#endif

// talk 5
#ifndef CERMET_STAGE0
#include "talk/talk.cpp"
#endif

// languages/c 6
#include "languages/c/compile.cpp"
#include "languages/c/link.cpp"
#include "languages/c/toolchain.cpp"

// languages/cython 6
#include "languages/cython/cythonize.cpp"

// languages/rust 6
#include "languages/rust/stage0.cpp"
#ifndef CERMET_STAGE0
#include "languages/rust/command/directives.cpp"
#include "languages/rust/command/rustc_command.cpp"
#include "languages/rust/command/script_command.cpp"
#include "languages/rust/config/config.cpp"
#include "languages/rust/features/lock_resolve.cpp"
#include "languages/rust/features/package_graph.cpp"
#include "languages/rust/features/resolve.cpp"
#include "languages/rust/features/selection.cpp"
#include "languages/rust/lockfile/lockfile.cpp"
#include "languages/rust/lockfile/semver.cpp"
#include "languages/rust/lockfile/source_id.cpp"
#include "languages/rust/manifest/cfg.cpp"
#include "languages/rust/manifest/dependencies.cpp"
#include "languages/rust/manifest/manifest.cpp"
#include "languages/rust/manifest/refusals.cpp"
#include "languages/rust/manifest/standalone.cpp"
#include "languages/rust/manifest/targets.cpp"
#include "languages/rust/metadata/metadata.cpp"
#include "languages/rust/model.cpp"
#include "languages/rust/profiles/profiles.cpp"
#include "languages/rust/sources/sources.cpp"
#include "languages/rust/units/build_units.cpp"
#include "languages/rust/units/queries.cpp"
#include "languages/rust/units/share.cpp"
#include "languages/rust/workspace/workspace.cpp"
#include "languages/rust/rules/crate.cpp"
#include "languages/rust/rules/download.cpp"
#include "languages/rust/rules/drawn.cpp"
#include "languages/rust/rules/exports.cpp"
#include "languages/rust/rules/fetch_workspace.cpp"
#include "languages/rust/rules/graph.cpp"
#include "languages/rust/rules/knobs.cpp"
#include "languages/rust/rules/list_sources.cpp"
#include "languages/rust/rules/lock.cpp"
#include "languages/rust/rules/needed_sources.cpp"
#include "languages/rust/rules/opened_workspace.cpp"
#include "languages/rust/rules/registry_access.cpp"
#include "languages/rust/rules/script.cpp"
#include "languages/rust/rules/script_channel.cpp"
#include "languages/rust/rules/stand_in.cpp"
#include "languages/rust/rules/system_libraries.cpp"
#include "languages/rust/rules/toolchain.cpp"
#include "languages/rust/rules/unit.cpp"
#include "languages/rust/rules/workspace_build.cpp"
#include "languages/rust/rules/wrappers.cpp"
#endif

// languages/python 6
#include "languages/python/crate_fields.cpp"
#include "languages/python/crate_requests.cpp"
#include "languages/python/distribution.cpp"
#include "languages/python/environment.cpp"
#include "languages/python/external_distribution.cpp"
#include "languages/python/generate.cpp"
#include "languages/python/modules.cpp"
#include "languages/python/native_flags.cpp"
#include "languages/python/native_target.cpp"
#include "languages/python/package.cpp"
#include "languages/python/payload.cpp"
#include "languages/python/provide.cpp"
#include "languages/python/scm_version.cpp"
#include "languages/python/sdist_files.cpp"
#include "languages/python/shared_libraries.cpp"
#include "languages/python/discovery.cpp"
#include "languages/python/interpreter.cpp"
#include "languages/python/license.cpp"
#include "languages/python/metadata.cpp"
#include "languages/python/project.cpp"
#include "languages/python/requirement.cpp"
#include "languages/python/sdist.cpp"
#include "languages/python/tags.cpp"
#include "languages/python/targets.cpp"
#include "languages/python/version.cpp"
#include "languages/python/wheel.cpp"
#include "languages/python/wheel_check.cpp"
#include "languages/python/stage0.cpp"
#ifndef CERMET_STAGE0
#include "languages/python/build_details.cpp"
#include "languages/python/elf.cpp"
#include "languages/python/elf_sections.cpp"
#include "languages/python/facts.cpp"
#include "languages/python/generate_talk.cpp"
#include "languages/python/libraries.cpp"
#include "languages/python/library_abi.cpp"
#include "languages/python/link_check.cpp"
#include "languages/python/manylinux.cpp"
#include "languages/python/require_sources.cpp"
#include "languages/python/stable_abi.cpp"
#include "languages/python/symbols.cpp"
#include "languages/python/told.cpp"
#include "languages/python/toolchain_facts.cpp"
#include "languages/python/used_distributions.cpp"
#include "languages/python/wheel_platform.cpp"
#endif

// report 6
#include "report/console.cpp"
#include "report/shown_text.cpp"
#include "report/trace.cpp"
#include "report/why.cpp"
#ifndef CERMET_STAGE0
#include "report/drawing.cpp"
#include "report/layers.cpp"
#include "report/svg.cpp"
#endif

// cli 7
#include "cli/archives.cpp"
#include "cli/build.cpp"
#include "cli/built.cpp"
#include "cli/checkout.cpp"
#include "cli/common.cpp"
#include "cli/kept_words.cpp"
#include "cli/session.cpp"
#include "cli/stage0.cpp"
#ifndef CERMET_STAGE0
#include "cli/arguments.cpp"
#include "cli/audit.cpp"
#include "cli/cargo.cpp"
#include "cli/clean_environment.cpp"
#include "cli/develop.cpp"
#include "cli/fetch.cpp"
#include "cli/fetched.cpp"
#include "cli/findings.cpp"
#include "cli/graph.cpp"
#include "cli/graph_drawing.cpp"
#include "cli/ide.cpp"
#include "cli/ide_json.cpp"
#include "cli/inspect.cpp"
#include "cli/internal.cpp"
#include "cli/internal_commands.cpp"
#include "cli/knobs.cpp"
#include "cli/options.cpp"
#include "cli/pep517.cpp"
#include "cli/rust_workspace.cpp"
#include "cli/source_audit.cpp"
#include "cli/told_facts.cpp"
#include "cli/toolchain.cpp"
#include "cli/vendor.cpp"
#include "cli/verify.cpp"
#include "cli/wheel_audit.cpp"
#include "cli/main.cpp"
#endif
