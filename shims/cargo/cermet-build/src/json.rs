// JSON, as much of it as messages need: reading what Cermet sends, writing what it is sent.
// SPDX-License-Identifier: MIT
use std::collections::BTreeMap;
use std::fmt;

/// A JSON value. Numbers are kept as they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// A member of an object; `None` where there is none, or this is no object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.get(name),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Reads one value and nothing after it.
    pub fn parse(text: &str) -> Result<Value, String> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let value = reader.value()?;
        reader.skip();
        if reader.at != text.len() {
            return Err(reader.wrong("the end"));
        }
        Ok(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number.to_string())
    }
}

impl fmt::Display for Value {
    /// One line, as messages are.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Null => out.write_str("null"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Number(digits) => out.write_str(digits),
            Value::Text(text) => quote(text, out),
            Value::List(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                out.write_str("]")
            }
            Value::Object(members) => {
                out.write_str("{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { "," })?;
                    quote(name, out)?;
                    write!(out, ":{member}")?;
                }
                out.write_str("}")
            }
        }
    }
}

fn quote(text: &str, out: &mut fmt::Formatter) -> fmt::Result {
    out.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            other if (other as u32) < 0x20 => write!(out, "\\u{:04x}", other as u32)?,
            other => write!(out, "{other}")?,
        }
    }
    out.write_str("\"")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

const DEEPEST: usize = 64;

impl Reader<'_> {
    fn wrong(&self, wanted: &str) -> String {
        format!("no JSON: {wanted} expected at byte {}", self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.text[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip();
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'{' | b'[') if self.depth == DEEPEST => Err(self.wrong("something less deep")),
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'-' | b'0'..=b'9') => Ok(self.number()),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ if self.take("null") => Ok(Value::Null),
            _ => Err(self.wrong("a value")),
        }
    }

    fn number(&mut self) -> Value {
        let begin = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        Value::Number(self.text[begin..self.at].to_string())
    }

    fn list(&mut self) -> Result<Value, String> {
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        self.skip();
        if !self.take("]") {
            loop {
                items.push(self.value()?);
                self.skip();
                if self.take("]") {
                    break;
                }
                if !self.take(",") {
                    return Err(self.wrong("`,` or `]`"));
                }
            }
        }
        self.depth -= 1;
        Ok(Value::List(items))
    }

    fn object(&mut self) -> Result<Value, String> {
        self.at += 1;
        self.depth += 1;
        let mut members = BTreeMap::new();
        self.skip();
        if !self.take("}") {
            loop {
                self.skip();
                if self.peek() != Some(b'"') {
                    return Err(self.wrong("a name"));
                }
                let name = self.string()?;
                self.skip();
                if !self.take(":") {
                    return Err(self.wrong("`:`"));
                }
                members.insert(name, self.value()?);
                self.skip();
                if self.take("}") {
                    break;
                }
                if !self.take(",") {
                    return Err(self.wrong("`,` or `}`"));
                }
            }
        }
        self.depth -= 1;
        Ok(Value::Object(members))
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(character) = self.text[self.at..].chars().next() else {
                return Err(self.wrong("the end of a text"));
            };
            self.at += character.len_utf8();
            match character {
                '"' => return String::from_utf16(&units).map_err(|_| self.wrong("whole characters")),
                '\\' => units.push(self.escape()?),
                other => units.extend_from_slice(other.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Result<u16, String> {
        let kind = self.peek().ok_or_else(|| self.wrong("an escape"))?;
        self.at += 1;
        let plain = match kind {
            b'"' | b'\\' | b'/' => kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4).ok_or_else(|| self.wrong("four digits"))?;
                let unit = u16::from_str_radix(digits, 16).map_err(|_| self.wrong("four digits"))?;
                self.at += 4;
                return Ok(unit);
            }
            _ => return Err(self.wrong("an escape")),
        };
        Ok(u16::from(plain))
    }
}
