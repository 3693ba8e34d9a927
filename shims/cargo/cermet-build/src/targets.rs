//! Targets of a `cermet.toml` beside the build script: built by Cermet, handed to cargo as directives.
// SPDX-License-Identifier: MIT
use crate::program::{self, Program};
use crate::Value;
use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Everything that the `cermet.toml` (or `pyproject.toml`) beside the build script names.
///
/// ```no_run
/// cermet_build::targets().only("c:area").build();
/// ```
pub fn targets() -> Targets {
    Targets { names: Vec::new(), directory: None, python: None, print: true }
}

/// What is to be built, and how.
#[derive(Clone, Debug)]
pub struct Targets {
    names: Vec<String>,
    directory: Option<PathBuf>,
    python: Option<PathBuf>,
    print: bool,
}

impl Targets {
    /// This one and others that are named so: `c:area`, `tool:gen`, `kit.fast`. Without any: all of them.
    pub fn only(mut self, name: &str) -> Targets {
        self.names.push(name.to_string());
        self
    }

    /// Where the configuration lies, relative to the package. Without it: the package's directory.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Targets {
        self.directory = Some(directory.into());
        self
    }

    /// The Python of Cython and C modules. Without it: `PYO3_PYTHON`, else what Cermet finds.
    pub fn python(mut self, interpreter: impl Into<PathBuf>) -> Targets {
        self.python = Some(interpreter.into());
        self
    }

    /// Only builds: the caller prints directives of its own. Those that say when to run again are always printed.
    pub fn silent(mut self) -> Targets {
        self.print = false;
        self
    }

    /// Builds, and prints what cargo must know. Ends the script where something failed: Cermet has said what.
    pub fn build(self) -> Built {
        match self.try_build() {
            Ok(built) => built,
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }

    /// As `build`, for scripts that can go on without.
    pub fn try_build(self) -> Result<Built, Error> {
        let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
        let directory = self.directory.as_ref().map_or(package.clone(), |below| package.join(below));
        let out = PathBuf::from(variable("OUT_DIR")?).join("cermet");
        // Said first: whatever happens below, these are a reason to run again.
        for name in ["CERMET", "CERMET_OVERRIDES", "CXX", "PYO3_PYTHON", "VIRTUAL_ENV"] {
            println!("cargo::rerun-if-env-changed={name}");
        }
        // CERMET_PROFILE__RELEASE__C_FLAGS sets a key of the configuration.
        for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
            if name.starts_with("CERMET_") && name.contains("__") {
                println!("cargo::rerun-if-env-changed={name}");
            }
        }
        println!("cargo::rerun-if-changed={}", directory.join("cermet.toml").display());
        let program = program::find()?;
        if let Some(path) = program.watched() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let listing = self.run(&program, &directory, &out)?;
        let built = Built::read(&listing, &out)?;
        print_reasons(&listing, &out);
        print_diagnostics(&listing);
        if self.print {
            built.print();
        }
        Ok(built)
    }

    fn run(&self, program: &Program, directory: &Path, out: &Path) -> Result<Value, Error> {
        let mut command = program.command();
        command.args(["build", "--json", "--directory"]).arg(program.named(directory)).arg("--out-dir").arg(out);
        command.args(["--profile", if env_or_empty("PROFILE") == "release" { "release" } else { "dev" }]);
        for (option, name) in [("--target", "TARGET"), ("--jobs", "NUM_JOBS")] {
            if let Ok(value) = env::var(name) {
                command.args([option, &value]);
            }
        }
        let python = self.python.clone().or_else(|| env::var_os("PYO3_PYTHON").map(PathBuf::from));
        if let Some(python) = python {
            command.arg("--python").arg(python);
        }
        command.args(&self.names);
        // Cargo's level and debug information first: what the user or the project says comes after it, and wins.
        for name in ["CFLAGS", "CXXFLAGS"] {
            command.env(name, flags(&env_or_empty("OPT_LEVEL"), &env_or_empty("DEBUG"), &env_or_empty(name)));
        }
        command.env_remove("CERMET_CHANNEL").stdin(Stdio::null()).stderr(Stdio::inherit());
        let done = command.output().map_err(|error| Error(format!("cannot start {}: {error}", program.name())))?;
        if !done.status.success() {
            let what = if self.names.is_empty() { "the targets".to_string() } else { self.names.join(", ") };
            return Err(Error(format!("cermet-build: {what} of {} could not be built", directory.display())));
        }
        Value::parse(program.listed(String::from_utf8_lossy(&done.stdout)).trim())
            .map_err(|error| Error(format!("{} did not list what it built: {error}", program.name())))
    }
}

/// What went wrong, for whoever runs the build.
#[derive(Clone, Debug)]
pub struct Error(pub(crate) String);

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// The files of what was built, below `OUT_DIR`, and what users of its libraries need.
#[derive(Clone, Debug)]
pub struct Built {
    pub directory: PathBuf,
    pub targets: Vec<Target>,
}

#[derive(Clone, Debug)]
pub struct Target {
    /// `c:area`, `tool:gen`, `kit.fast`
    pub name: String,
    /// Static libraries in the order in which they are linked: a library's own, then those that it uses.
    pub archives: Vec<PathBuf>,
    pub shared_libraries: Vec<PathBuf>,
    pub programs: Vec<PathBuf>,
    /// Extension modules, below `Built::directory` as Python imports them.
    pub modules: Vec<PathBuf>,
    /// Anything else, such as what a `generate` table made.
    pub files: Vec<PathBuf>,
    /// Directories for `#include`.
    pub include: Vec<PathBuf>,
    /// `-DNAME=VALUE` and the like.
    pub compile_flags: Vec<String>,
    pub link_flags: Vec<String>,
    /// Whether linking it needs the runtime of C++.
    pub cxx: bool,
}

impl Built {
    pub fn target(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == name)
    }

    /// Directories for `#include`, of all targets.
    pub fn include(&self) -> Vec<&Path> {
        let mut all: Vec<&Path> = Vec::new();
        for path in self.targets.iter().flat_map(|target| &target.include) {
            if !all.contains(&path.as_path()) {
                all.push(path);
            }
        }
        all
    }

    fn read(listing: &Value, out: &Path) -> Result<Built, Error> {
        if listing.get("version") != Some(&Value::Number("1".into())) {
            return Err(Error("cermet-build: Cermet's listing has a version that this crate does not know".into()));
        }
        let Some(Value::List(targets)) = listing.get("targets") else {
            return Err(Error("cermet-build: Cermet's listing names no targets".into()));
        };
        Ok(Built { directory: out.to_path_buf(), targets: targets.iter().map(Target::read).collect() })
    }

    /// What rustc and dependants are told.
    fn print(&self) {
        for line in self.directives() {
            println!("cargo::{line}");
        }
    }

    fn directives(&self) -> Vec<String> {
        let mut lines = vec![format!("rustc-link-search=native={}", self.directory.display())];
        for archive in self.archives() {
            lines.push(format!("rustc-link-lib=static={}", library_name(archive)));
        }
        for library in self.targets.iter().flat_map(|target| &target.shared_libraries) {
            lines.push(format!("rustc-link-lib=dylib={}", library_name(library)));
        }
        for flag in self.targets.iter().flat_map(|target| &target.link_flags) {
            lines.push(link_directive(flag));
        }
        if self.targets.iter().any(|target| target.cxx) {
            lines.extend(cxx_runtime().map(|name| format!("rustc-link-lib={name}")));
        }
        for program in self.targets.iter().flat_map(|target| &target.programs) {
            let name = program.file_stem().unwrap_or_default().to_string_lossy();
            lines.push(format!("rustc-env=CERMET_BIN_{}={}", upper(&name), program.display()));
        }
        if self.targets.iter().any(|target| !target.modules.is_empty()) {
            lines.push(format!("rustc-env=CERMET_PYTHONPATH={}", self.directory.display()));
            lines.push(format!("metadata=pythonpath={}", self.directory.display()));
        }
        if let Ok(include) = env::join_paths(self.include()) {
            if !include.is_empty() {
                lines.push(format!("metadata=include={}", include.to_string_lossy()));
            }
        }
        lines.push(format!("metadata=root={}", self.directory.display()));
        let mut seen = BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }

    /// Each once: of two mentions the later one counts, as an archive must come after all that need it.
    fn archives(&self) -> Vec<&Path> {
        let mut all: Vec<&Path> = Vec::new();
        for archive in self.targets.iter().flat_map(|target| &target.archives) {
            all.retain(|known| known != archive);
            all.push(archive);
        }
        all
    }
}

impl Target {
    fn read(json: &Value) -> Target {
        let texts = |name: &str| -> Vec<String> {
            crate::texts_of(json.get(name)).into_iter().map(String::from).collect()
        };
        let files = |role: &str| -> Vec<PathBuf> {
            let Some(Value::List(files)) = json.get("files") else { return Vec::new() };
            let of_role = files.iter().filter(|file| file.get("role").and_then(Value::text) == Some(role));
            of_role.filter_map(|file| file.get("path").and_then(Value::text)).map(PathBuf::from).collect()
        };
        Target {
            name: json.get("name").and_then(Value::text).unwrap_or_default().to_string(),
            archives: files("archive"),
            shared_libraries: files("shared-library"),
            programs: files("program"),
            modules: files("module"),
            files: files("file"),
            include: texts("include").into_iter().map(PathBuf::from).collect(),
            compile_flags: texts("compile-flags"),
            link_flags: texts("link-flags"),
            cxx: json.get("c++") == Some(&Value::Bool(true)),
        }
    }
}

/// When cargo has to run the script again: everything that Cermet read. What it looked for and did not find cargo
/// cannot watch, and a directory that holds the results would always be new.
fn print_reasons(listing: &Value, out: &Path) {
    for path in crate::texts_of(listing.get("read")) {
        println!("cargo::rerun-if-changed={path}");
    }
    for path in crate::texts_of(listing.get("listed")) {
        if !out.starts_with(path) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    for name in crate::texts_of(listing.get("environment")) {
        println!("cargo::rerun-if-env-changed={name}");
    }
}

/// Cargo shows what a script prints only where it failed; warnings of compilers should be seen.
fn print_diagnostics(listing: &Value) {
    let Some(Value::List(all)) = listing.get("diagnostics") else { return };
    for text in all.iter().filter_map(|one| one.get("text").and_then(Value::text)) {
        for line in text.lines() {
            println!("cargo::warning={line}");
        }
    }
}

fn variable(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|_| Error(format!("{name} is not set: cermet-build is for build scripts")))
}

fn env_or_empty(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn flags(level: &str, debug: &str, users: &str) -> String {
    let mut words = Vec::new();
    match level {
        "" => {}
        "s" | "z" => words.push("-Os".to_string()),
        level => words.push(format!("-O{level}")),
    }
    if !matches!(debug, "" | "false" | "0" | "none") {
        words.push("-g".to_string());
    }
    if !users.is_empty() {
        words.push(users.to_string());
    }
    words.join(" ")
}

/// A flag of the C compiler's driver as cargo takes it.
fn link_directive(flag: &str) -> String {
    if let Some(name) = flag.strip_prefix("-l") {
        return match name.strip_prefix(':') {
            Some(file) => format!("rustc-link-lib=dylib:+verbatim={file}"),
            None => format!("rustc-link-lib={name}"),
        };
    }
    match flag {
        "-pthread" => "rustc-link-lib=pthread".to_string(),
        _ => match flag.strip_prefix("-L") {
            Some(directory) => format!("rustc-link-search=native={directory}"),
            None => format!("rustc-link-arg={flag}"),
        },
    }
}

/// `area` of `…/libarea.a`.
fn library_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_prefix("lib").unwrap_or(&stem).to_string()
}

fn upper(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Named by `CXXSTDLIB`, as for other build scripts that compile C++; else by what the system's compiler links.
fn cxx_runtime() -> Option<String> {
    if let Ok(named) = env::var("CXXSTDLIB") {
        return Some(named).filter(|name| !name.is_empty());
    }
    match (env_or_empty("CARGO_CFG_TARGET_ENV").as_str(), env_or_empty("CARGO_CFG_TARGET_OS").as_str()) {
        ("msvc", _) => None,
        (_, "linux" | "windows" | "") => Some("stdc++".to_string()),
        (_, "android") => Some("c++_shared".to_string()),
        _ => Some("c++".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = r#"{"version":1,"targets":[
        {"name":"c:area","files":[{"role":"archive","path":"/o/libarea.a"},{"role":"archive","path":"/o/libbase.a"}],
         "include":["/p/include"],"compile-flags":["-DX=1"],"link-flags":["-lm","-L/opt/lib","-pthread","-Wl,-z,now"],"c++":true},
        {"name":"c:more","files":[{"role":"archive","path":"/o/libmore.a"},{"role":"archive","path":"/o/libarea.a"},
         {"role":"archive","path":"/o/libbase.a"},{"role":"shared-library","path":"/o/libtree.so"}],"include":["/p/include"],"link-flags":["-lm"]},
        {"name":"tool:kit-gen","files":[{"role":"program","path":"/o/kit-gen"}]},
        {"name":"kit.fast","files":[{"role":"module","path":"/o/kit/fast.so"}]}]}"#;

    #[test]
    fn a_listing_becomes_directives() {
        let built = Built::read(&Value::parse(LISTING).unwrap(), Path::new("/o")).unwrap();
        let expected = [
            "rustc-link-search=native=/o",
            "rustc-link-lib=static=more",
            "rustc-link-lib=static=area",
            "rustc-link-lib=static=base",
            "rustc-link-lib=dylib=tree",
            "rustc-link-lib=m",
            "rustc-link-search=native=/opt/lib",
            "rustc-link-lib=pthread",
            "rustc-link-arg=-Wl,-z,now",
            "rustc-link-lib=stdc++",
            "rustc-env=CERMET_BIN_KIT_GEN=/o/kit-gen",
            "rustc-env=CERMET_PYTHONPATH=/o",
            "metadata=pythonpath=/o",
            "metadata=include=/p/include",
            "metadata=root=/o",
        ];
        assert_eq!(built.directives(), expected);
        assert_eq!(built.target("c:area").unwrap().compile_flags, ["-DX=1"]);
    }

    #[test]
    fn another_version_is_refused() {
        assert!(Built::read(&Value::parse(r#"{"version":2,"targets":[]}"#).unwrap(), Path::new("/o")).is_err());
    }

    #[test]
    fn cargos_level_comes_before_the_users_flags() {
        assert_eq!(flags("3", "false", "-O1 -Wall"), "-O3 -O1 -Wall");
        assert_eq!(flags("z", "true", ""), "-Os -g");
        assert_eq!(flags("", "", ""), "");
    }
}
