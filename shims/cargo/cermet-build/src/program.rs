//! Which Cermet to run: the one that is named, installed or running this script, else one made from this crate's sources.
// SPDX-License-Identifier: MIT
use crate::targets::Error;
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PLACES: &str = "/cermet";
const ROOT: &str = "/proc/self/root";

#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// It runs this script, under cargo's name.
    around: bool,
    /// Made here: its path changes when it does.
    made: bool,
    /// Where results are kept that packages of this build share.
    shared: PathBuf,
}

impl Program {
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(crate) fn watched(&self) -> Option<&Path> {
        (!self.made && !self.around).then_some(&self.path)
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        #[cfg(unix)]
        if self.around {
            use std::os::unix::process::CommandExt;
            command.arg0("cermet");
        }
        if env::var_os("CERMET_CACHE").is_none() {
            // Nothing is kept where `cargo clean` does not reach.
            command.env("CERMET_CACHE", self.named(&self.shared.join("cache")));
        }
        command
    }

    /// Cermet calls directories /cermet/…, and may have given this script some that are really called so. The program
    /// that runs inside calls its own the same: the script's get another name.
    pub(crate) fn named(&self, path: &Path) -> PathBuf {
        match path.starts_with(PLACES) {
            true => PathBuf::from(format!("{ROOT}{}", path.display())),
            false => path.to_path_buf(),
        }
    }

    /// A listing with the script's own names again.
    pub(crate) fn listed(&self, text: impl AsRef<str>) -> String {
        text.as_ref().replace(&format!("{ROOT}{PLACES}/"), &format!("{PLACES}/"))
    }
}

/// `CERMET` names it; else the Cermet that runs this script; else `cermet` on PATH, of this version; else it is made.
pub(crate) fn find() -> Result<Program, Error> {
    let program = |path: PathBuf, around: bool, made: bool| Program { path, around, made, shared: shared(around) };
    if let Some(named) = env::var_os("CERMET").filter(|text| !text.is_empty()) {
        let path = PathBuf::from(named);
        return match on_path(&path) {
            Some(found) => Ok(program(found, false, false)),
            None => Err(Error(format!("CERMET names {}, which is no program", path.display()))),
        };
    }
    if let Some(cargo) = env::var_os("CARGO").map(PathBuf::from) {
        if first_line(Command::new(&cargo).arg("--version")).contains("answered by cermet") {
            return Ok(program(cargo, true, false));
        }
    }
    if let Some(found) = on_path(Path::new("cermet")) {
        if fits(&first_line(Command::new(&found).arg("--version"))) {
            return Ok(program(found, false, false));
        }
    }
    Ok(program(bootstrap(&shared(false))?, false, true))
}

/// "cermet 0.1.3" fits 0.1.0: before 1.0 the second number is the one that breaks.
fn fits(line: &str) -> bool {
    let series = |version: &str| version.split('.').take(2).map(String::from).collect::<Vec<_>>();
    line.strip_prefix("cermet ").is_some_and(|version| series(version) == series(VERSION))
}

fn first_line(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let text = done.map(|done| String::from_utf8_lossy(&done.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_string()
}

fn on_path(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return name.is_file().then(|| name.to_path_buf());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| candidate.is_file())
}

/// A directory that all packages of one target directory share. A script that Cermet runs may write nowhere else than to
/// its own directories.
fn shared(around: bool) -> PathBuf {
    let temporary = env::temp_dir().join("cermet");
    if around {
        return temporary;
    }
    match env::var_os("OUT_DIR").map(PathBuf::from) {
        Some(out) => target_directory(&out, &env::var("TARGET").unwrap_or_default()).unwrap_or(out).join("cermet"),
        None => temporary,
    }
}

/// The one that cargo tagged; in one that it found and did not make, the one with the profiles' directories.
fn target_directory(out: &Path, triple: &str) -> Option<PathBuf> {
    if let Some(tagged) = out.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file()) {
        return Some(tagged.to_path_buf());
    }
    let build = out.ancestors().find(|directory| directory.file_name().is_some_and(|name| name == "build"))?;
    let above = build.parent()?.parent()?;
    let cross = !triple.is_empty() && above.file_name().is_some_and(|name| name == triple);
    if cross { above.parent() } else { Some(above) }.map(Path::to_path_buf)
}

// --- making it -------------------------------------------------------------------------------------------------------

/// Where the sources lie, and the headers of others that come with a packaged crate.
struct Sources {
    src: PathBuf,
    headers: Option<PathBuf>,
}

fn sources() -> Result<Sources, Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packaged = here.join("cermet");
    if packaged.join("src/all.cpp").is_file() {
        return Ok(Sources { src: packaged.join("src"), headers: Some(packaged.join("headers")) });
    }
    match here.ancestors().nth(3).map(|checkout| checkout.join("src")) {
        Some(src) if src.join("all.cpp").is_file() => Ok(Sources { src, headers: None }),
        _ => Err(Error(format!("cermet-build: the sources of Cermet are missing in {}", here.display()))),
    }
}

/// One compiler call, once for each target directory, compiler and state of the sources.
fn bootstrap(shared: &Path) -> Result<PathBuf, Error> {
    let sources = sources()?;
    let compiler = compiler()?;
    let wrong = |what: &str, error: std::io::Error| Error(format!("cermet-build: cannot {what}: {error}"));
    fs::create_dir_all(shared).map_err(|error| wrong("make a directory for Cermet", error))?;
    let directory = shared.join(format!("{VERSION}-{:016x}", stamp(&sources, &compiler)));
    let program = directory.join("cermet");
    if program.is_file() {
        return Ok(program);
    }
    let _lock = lock(&shared.join("lock")).map_err(|error| wrong("lock Cermet's directory", error))?;
    if program.is_file() {
        return Ok(program); // another script has made it meanwhile
    }
    fs::create_dir_all(&directory).map_err(|error| wrong("make a directory for Cermet", error))?;
    let unfinished = directory.join("cermet.new");
    compile(&sources, &compiler, &unfinished)?;
    fs::rename(&unfinished, &program).map_err(|error| wrong("keep Cermet", error))?;
    Ok(program)
}

/// `CXX` may carry options. It is asked for a program of this machine, so HOST_CXX goes first.
fn compiler() -> Result<Vec<String>, Error> {
    for name in ["HOST_CXX", "CXX"] {
        let words: Vec<String> = env::var(name).unwrap_or_default().split_whitespace().map(String::from).collect();
        if let Some(first) = words.first() {
            return match on_path(Path::new(first)) {
                Some(_) => Ok(words),
                None => Err(Error(format!("{name} names {first}, which is no program"))),
            };
        }
    }
    for name in ["g++", "clang++", "c++"] {
        if on_path(Path::new(name)).is_some() {
            return Ok(vec![name.to_string()]);
        }
    }
    Err(Error(
        "cermet-build: there is neither `cermet` nor a C++ compiler to make it with\n  \
         hint: install Cermet, or g++ 12, clang 14 or newer, or name a program in CERMET"
            .into(),
    ))
}

fn compile(sources: &Sources, compiler: &[String], to: &Path) -> Result<(), Error> {
    let start = Instant::now();
    let mut command = Command::new(&compiler[0]);
    command.args(&compiler[1..]).args(["-std=c++20", "-O0", "-DCERMET_STAGE0", "-pthread", "-w", "-I"]).arg(&sources.src);
    if let Some(headers) = &sources.headers {
        command.arg("-I").arg(headers);
    }
    command.arg(sources.src.join("all.cpp")).arg("-o").arg(to).stdin(Stdio::null()).stdout(Stdio::null());
    eprintln!("cermet-build: making Cermet {VERSION} from source with {}, once for this target directory", compiler[0]);
    let status = command.status();
    if status.as_ref().is_ok_and(|status| status.success()) {
        eprintln!("cermet-build: made in {} s", start.elapsed().as_secs());
        return Ok(());
    }
    let version = first_line(Command::new(&compiler[0]).arg("--version"));
    Err(Error(format!(
        "cermet-build: {} could not make Cermet from source ({version})\n  \
         hint: g++ 12, clang 14 or newer is needed; CXX chooses a compiler, CERMET names a finished program",
        compiler[0]
    )))
}

/// Changes with the compiler and the sources. Those of a registry never do; in a checkout times and sizes tell.
fn stamp(sources: &Sources, compiler: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    compiler.hash(&mut hasher);
    first_line(Command::new(&compiler[0]).arg("--version")).hash(&mut hasher);
    sources.src.hash(&mut hasher);
    stamp_files(&sources.src, &mut hasher);
    hasher.finish()
}

fn stamp_files(directory: &Path, hasher: &mut DefaultHasher) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            stamp_files(&path, hasher);
        } else if let Ok(about) = path.metadata() {
            path.file_name().hash(hasher);
            about.len().hash(hasher);
            about.modified().ok().hash(hasher);
        }
    }
}

/// Held as long as the file lives; gone with the process, however it ends.
fn lock(path: &Path) -> std::io::Result<File> {
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::fd::AsRawFd;
        extern "C" {
            fn flock(descriptor: i32, operation: i32) -> i32;
        }
        const EXCLUSIVE: i32 = 2;
        // SAFETY: a system call on a descriptor that is open here; it waits.
        while unsafe { flock(file.as_raw_fd(), EXCLUSIVE) } != 0 {
            let error = std::io::Error::last_os_error();
            if error.kind() != std::io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_same_series_fits() {
        assert!(fits(&format!("cermet {VERSION}")));
        assert!(fits("cermet 0.1.99"));
        assert!(!fits("cermet 0.2.0") && !fits("cermet 1.1.0") && !fits("") && !fits("cargo 0.1.0"));
    }

    #[test]
    fn the_target_directory_is_found_in_cargos_layouts() {
        let found = |out: &str| target_directory(Path::new(out), "x86_64-unknown-linux-gnu").unwrap();
        assert_eq!(found("/nowhere/w/t/debug/build/a-1/out"), Path::new("/nowhere/w/t"));
        assert_eq!(found("/nowhere/w/t/x86_64-unknown-linux-gnu/release/build/a-1/out"), Path::new("/nowhere/w/t"));
    }
}
