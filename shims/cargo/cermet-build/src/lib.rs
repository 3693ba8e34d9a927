//! For build scripts: provide facts to other packages and ask for theirs, under Cermet and under cargo; build C, C++ and
//! Cython.
//!
//! Under Cermet (`CERMET_CHANNEL` is set) facts travel over its channel: typed, checked, as far as they are visible.
//! Under plain cargo a fact is a line of metadata: cargo hands it to packages that depend directly on the provider, when
//! the provider's manifest has `links`. Which names a package provides is said in its `[package.metadata.cermet]`.
//!
//! [`targets`] builds what a `cermet.toml` beside the script names, with a Cermet that is there or is made.
//!
//! Errors are texts for whoever runs the build: a script prints them, or goes on without.
// SPDX-License-Identifier: MIT
mod json;
mod program;
mod targets;

pub use json::Value;
pub use targets::{targets, Built, Error, Target, Targets};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};

/// The version of the protocol that this crate speaks.
pub const PROTOCOL: u32 = 1;

/// Something that one package tells others: `headers("shapes").include(…)`.
#[derive(Clone, Debug)]
pub struct Fact {
    kind: &'static str,
    name: String,
    visibility: &'static str,
    value: BTreeMap<String, Value>,
}

/// A library to link: `static` or `shared`, and its names for the linker in its order.
pub fn library<S: Into<String>>(name: &str, link: &str, libraries: impl IntoIterator<Item = S>) -> Fact {
    Fact::new("library", name).text("link", link).list("libraries", libraries)
}

/// Headers without a library.
pub fn headers(name: &str) -> Fact {
    Fact::new("headers", name)
}

/// A program to run.
pub fn tool(name: &str, program: impl Into<String>) -> Fact {
    Fact::new("tool", name).text("program", program)
}

/// Names and values.
pub fn config<K: Into<String>, V: Into<String>>(name: &str, values: impl IntoIterator<Item = (K, V)>) -> Fact {
    let values = values.into_iter().map(|(key, value)| (key.into(), Value::Text(value.into()))).collect();
    let mut fact = Fact::new("config", name);
    fact.value.insert("values".into(), Value::Object(values));
    fact
}

/// Anything else, under a schema that both ends name.
pub fn custom(name: &str, schema: &str, value: Value) -> Fact {
    let mut fact = Fact::new("custom", name).text("schema", schema);
    fact.value.insert("value".into(), value);
    fact
}

impl Fact {
    fn new(kind: &'static str, name: &str) -> Fact {
        Fact { kind, name: name.into(), visibility: "direct", value: BTreeMap::new() }
    }

    /// For all that stand on this package, not only for what depends on it itself.
    pub fn transitive(mut self) -> Fact {
        self.visibility = "transitive";
        self
    }

    pub fn private(mut self) -> Fact {
        self.visibility = "private";
        self
    }

    /// A member of the value that is a text, such as a tool's `version`.
    pub fn text(mut self, name: &str, text: impl Into<String>) -> Fact {
        self.value.insert(name.into(), Value::Text(text.into()));
        self
    }

    /// A member that is a list of texts, such as a library's `search` and `system`.
    pub fn list<S: Into<String>>(mut self, name: &str, items: impl IntoIterator<Item = S>) -> Fact {
        let items = items.into_iter().map(|item| Value::Text(item.into())).collect();
        self.value.insert(name.into(), Value::List(items));
        self
    }

    /// One more directory for `#include`.
    pub fn include(mut self, directory: impl Into<String>) -> Fact {
        let entry = self.value.entry("include".into()).or_insert_with(|| Value::List(Vec::new()));
        if let Value::List(items) = entry {
            items.push(Value::Text(directory.into()));
        }
        self
    }

    fn message(&self) -> Value {
        object([
            ("type", "provide".into()),
            ("kind", self.kind.into()),
            ("name", Value::Text(self.name.clone())),
            ("visibility", self.visibility.into()),
            ("value", Value::Object(self.value.clone())),
        ])
    }

    fn texts(&self, member: &str) -> Vec<&str> {
        texts_of(self.value.get(member))
    }
}

/// What was asked for, and who provides it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub from: String,
    pub value: Value,
}

impl Answer {
    /// The texts of a member that is a list; empty where there is none.
    pub fn texts(&self, member: &str) -> Vec<&str> {
        texts_of(self.value.get(member))
    }

    pub fn text(&self, member: &str) -> Option<&str> {
        self.value.get(member).and_then(Value::text)
    }
}

fn texts_of(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::List(items)) => items.iter().filter_map(Value::text).collect(),
        _ => Vec::new(),
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
}

struct Channel {
    to: File,
    from: BufReader<File>,
    questions: u32,
}

/// A build script's way to others. One per script: the channel is one descriptor.
pub struct Build {
    channel: Option<Channel>,
}

impl Default for Build {
    fn default() -> Build {
        Build::new()
    }
}

impl Build {
    /// Connects to Cermet where it runs this script. Panics, as build scripts do, when it speaks another protocol.
    pub fn new() -> Build {
        let mut build = Build { channel: open() };
        if build.channel.is_some() {
            let client = concat!("cermet-build ", env!("CARGO_PKG_VERSION"));
            let versions = Value::List(vec![Value::Number(PROTOCOL.to_string())]);
            let hello = object([("type", "hello".into()), ("protocol", versions), ("client", client.into())]);
            if let Err(text) = build.ask(hello) {
                panic!("{text}");
            }
        }
        build
    }

    /// Whether Cermet runs this script.
    pub fn is_cermet(&self) -> bool {
        self.channel.is_some()
    }

    /// States a fact. Under cargo it is printed as metadata, and a library is linked to this package.
    pub fn provide(&mut self, fact: Fact) {
        match &mut self.channel {
            Some(channel) => channel.send(&fact.message()),
            None => {
                let value = object([
                    ("from", std::env::var("CARGO_PKG_NAME").unwrap_or_default().into()),
                    ("value", Value::Object(fact.value.clone())),
                ]);
                println!("cargo::metadata={}={value}", metadata_key(fact.kind, &fact.name));
            }
        }
        if fact.kind != "library" {
            return;
        }
        for directory in fact.texts("search") {
            println!("cargo::rustc-link-search=native={directory}");
        }
        let kind = if fact.value.get("link").and_then(Value::text) == Some("static") { "static" } else { "dylib" };
        for name in fact.texts("libraries") {
            println!("cargo::rustc-link-lib={kind}={name}");
        }
        for name in fact.texts("system") {
            println!("cargo::rustc-link-lib={name}");
        }
    }

    /// Asks for a fact: `require("headers", "shapes")`.
    pub fn require(&mut self, kind: &str, name: &str) -> Result<Answer, String> {
        let answer = if self.is_cermet() {
            self.ask(object([("type", "require".into()), ("kind", kind.into()), ("name", name.into())]))?
        } else {
            from_cargo(kind, name)?
        };
        let from = answer.get("from").and_then(Value::text).unwrap_or_default().to_string();
        let value = answer.get("value").cloned().ok_or("an answer without a value")?;
        Ok(Answer { from, value })
    }

    /// A warning for who runs the build.
    pub fn warn(&mut self, text: &str) {
        match &mut self.channel {
            Some(channel) => channel.send(&object([
                ("type", "diagnostic".into()),
                ("level", "warning".into()),
                ("message", text.into()),
            ])),
            None => println!("cargo::warning={text}"),
        }
    }

    /// What was decided from outside, in the default's type; a list of choices makes a text one of them. Under cargo the
    /// variable `PACKAGE_OPTION`, in capitals and `_`, decides.
    pub fn option(&mut self, name: &str, default: impl Into<Value>, choices: &[&str]) -> Result<Value, String> {
        let default = default.into();
        let kind = match &default {
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            _ if choices.is_empty() => "text",
            _ => "choice",
        };
        if !self.is_cermet() {
            return option_from_cargo(name, kind, default, choices);
        }
        let question = object([
            ("type", "option".into()),
            ("name", name.into()),
            ("kind", kind.into()),
            ("choices", Value::List(choices.iter().map(|&one| one.into()).collect())),
            ("default", default),
        ]);
        self.ask(question)?.get("value").cloned().ok_or_else(|| "an answer without a value".to_string())
    }

    /// The path of a file from the network: under Cermet the one that `fetch` of `[package.metadata.cermet]` declares,
    /// which must be this one. Under cargo the variable `PACKAGE_NAME` can name a file; else curl brings it to OUT_DIR, and
    /// sha256sum checks it.
    pub fn fetch(&mut self, name: &str, url: &str, sha256: &str) -> Result<std::path::PathBuf, String> {
        if !self.is_cermet() {
            return fetch_with_curl(name, url, sha256);
        }
        let question = object([
            ("type", "fetch".into()),
            ("name", name.into()),
            ("url", url.into()),
            ("sha256", sha256.into()),
        ]);
        let answer = self.ask(question)?;
        Ok(answer.get("path").and_then(Value::text).ok_or("an answer without a path")?.into())
    }

    /// Says that this script reads a file or directory: when it changes, the script runs again.
    pub fn watch(&mut self, path: impl AsRef<std::path::Path>) {
        println!("cargo::rerun-if-changed={}", path.as_ref().display());
    }

    /// Says what a file or directory is for that this script made below OUT_DIR: `header`, `library`, `program`, `source`,
    /// `data` or `licence`. Cargo does not want to know.
    pub fn output(&mut self, path: &str, role: &str) {
        if let Some(channel) = &mut self.channel {
            channel.send(&object([("type", "output".into()), ("path", path.into()), ("role", role.into())]));
        }
    }

    /// A line for who looks closely: shown with `cermet build --verbose`.
    pub fn note(&mut self, text: &str) {
        if let Some(channel) = &mut self.channel {
            channel.send(&object([("type", "note".into()), ("message", text.into())]));
        }
    }

    fn ask(&mut self, question: Value) -> Result<Value, String> {
        let channel = self.channel.as_mut().expect("asked with a channel only");
        let Value::Object(mut members) = question else { unreachable!("questions are objects") };
        channel.questions += 1;
        members.insert("id".into(), Value::Number(channel.questions.to_string()));
        channel.send(&Value::Object(members));
        let mut line = String::new();
        channel.from.read_line(&mut line).map_err(|error| format!("Cermet does not answer: {error}"))?;
        let reply = Value::parse(line.trim_end())?;
        match (reply.get("answer"), reply.get("error").and_then(Value::text)) {
            (Some(answer), _) => Ok(answer.clone()),
            (None, text) => Err(text.unwrap_or("no answer").to_string()),
        }
    }
}

impl Channel {
    fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").expect("Cermet does not listen any more");
    }
}

#[cfg(unix)]
fn open() -> Option<Channel> {
    use std::os::fd::{FromRawFd, RawFd};
    let number: RawFd = std::env::var("CERMET_CHANNEL").ok()?.parse().ok()?;
    // SAFETY: the variable names a descriptor that was opened for this script, which has one Build.
    let to = unsafe { File::from_raw_fd(number) };
    let from = BufReader::new(to.try_clone().ok()?);
    Some(Channel { to, from, questions: 0 })
}

#[cfg(not(unix))]
fn open() -> Option<Channel> {
    None
}

/// HEADERS_SHAPES: what cargo makes a variable's name of.
fn metadata_key(kind: &str, name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("CERMET_{}_{name}", kind.to_ascii_uppercase())
}

/// MY_CRATE_WITH_TLS: the variable that decides under cargo.
fn option_variable(package: &str, name: &str) -> String {
    format!("{package}_{name}").chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn option_from_cargo(name: &str, kind: &str, default: Value, choices: &[&str]) -> Result<Value, String> {
    let variable = option_variable(&std::env::var("CARGO_PKG_NAME").unwrap_or_default(), name);
    println!("cargo::rerun-if-env-changed={variable}");
    let Ok(text) = std::env::var(&variable) else { return Ok(default) };
    match kind {
        "boolean" if text == "true" || text == "false" => Ok(Value::Bool(text == "true")),
        "number" if text.parse::<i64>().is_ok() => Ok(Value::Number(text)),
        "text" => Ok(Value::Text(text)),
        "choice" if choices.contains(&text.as_str()) => Ok(Value::Text(text)),
        "choice" => Err(format!("{variable} is to be one of {}, not {text}", choices.join(", "))),
        _ => Err(format!("{variable} is to be a {kind}, not {text}")),
    }
}

fn fetch_with_curl(name: &str, url: &str, sha256: &str) -> Result<std::path::PathBuf, String> {
    let variable = option_variable(&std::env::var("CARGO_PKG_NAME").unwrap_or_default(), name);
    println!("cargo::rerun-if-env-changed={variable}");
    let given = std::env::var_os(&variable).map(std::path::PathBuf::from);
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let path = given.clone().unwrap_or_else(|| std::path::Path::new(&out).join(format!("download-{sha256}")));
    if given.is_none() && !path.exists() {
        let part = path.with_extension("part");
        let status = std::process::Command::new("curl").args(["-sSfL", "--retry", "3", "-o"]).arg(&part).arg(url).status();
        let status = status.map_err(|error| format!("curl is needed to fetch {url}: {error}"))?;
        if !status.success() {
            return Err(format!("{url} could not be fetched: curl gives {status}; {variable}=PATH names a file in its place"));
        }
        check_sha256(&part, url, sha256)?;
        std::fs::rename(&part, &path).map_err(|error| error.to_string())?;
        return Ok(path);
    }
    check_sha256(&path, url, sha256)?;
    Ok(path)
}

fn check_sha256(path: &std::path::Path, url: &str, wanted: &str) -> Result<(), String> {
    let printed = std::process::Command::new("sha256sum").arg("-b").arg("--").arg(path).output();
    let printed = printed.map_err(|error| format!("sha256sum is needed to check {url}: {error}"))?;
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    // A name with odd characters makes the line begin with a backslash.
    let found = text.trim_start_matches('\\').get(..64).unwrap_or_default();
    if found.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(format!("{} is not {url} of sha256 {wanted}: it has {found}", path.display()))
}

/// Cargo's DEP_ variables of the packages that this one depends on directly.
fn from_cargo(kind: &str, name: &str) -> Result<Value, String> {
    let key = format!("_{}", metadata_key(kind, name));
    for (variable, value) in std::env::vars() {
        if variable.starts_with("DEP_") && variable.ends_with(&key) {
            return Value::parse(&value);
        }
    }
    Err(format!(
        "nobody provides {kind}:{name}: under cargo it has to come from a direct dependency whose manifest has `links`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_they_were_read() {
        for text in [r#"{"a":[1,-2.5e3,"x\"\\\u0007é𝄞"],"b":{"c":null,"d":true}}"#, "[]", "{}", "\"\""] {
            assert_eq!(Value::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Value::parse(r#" "\ud834\udd1e\n" "#).unwrap(), Value::Text("𝄞\n".into()));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "{\"a\"}", "\"", "\"\\x\"", "\"\\ud834\"", "tru", "1 2", "\"\\u12\""] {
            assert!(Value::parse(text).is_err(), "{text}");
        }
        assert!(Value::parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn names_become_variables() {
        assert_eq!(metadata_key("headers", "my-shapes.x"), "CERMET_HEADERS_MY_SHAPES_X");
    }
}
