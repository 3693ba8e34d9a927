use serde::{Deserialize, Serialize};

bitflags::bitflags! {
    struct Flags: u32 { const A = 1; const B = 2; }
}

#[derive(Debug, thiserror::Error)]
#[error("wrong: {0}")]
struct Wrong(i32);

#[derive(Serialize, Deserialize, Debug)]
struct Point { x: i32, y: Option<String> }

#[rustversion::since(1.60)]
fn recent() -> bool { true }
#[rustversion::before(1.60)]
fn recent() -> bool { false }

paste::paste! { fn [<named _by_ paste>]() -> &'static str { "paste" } }

fn main() -> anyhow::Result<()> {
    let point: Point = serde_json::from_str(r#"{"x": 3, "y": "why"}"#)?;
    println!("{} {:?}", serde_json::to_string(&point)?, Wrong(1).to_string());
    println!("{} {}", (Flags::A | Flags::B).bits(), named_by_paste());
    println!("{:?} {}", memchr::memchr(b'c', b"abc"), unsafe { libc::abs(-4) });
    let mut map = indexmap::IndexMap::new();
    map.insert("k", num_bigint::BigInt::from(7) * 6);
    println!("{map:?} {} {}", itoa::Buffer::new().format(42), ryu::Buffer::new().format(1.5));
    println!("{} {}", semver::Version::parse("1.2.3")?, <f64 as num_traits::Float>::sqrt(4.0));
    static CELL: once_cell::sync::Lazy<i32> = once_cell::sync::Lazy::new(|| 5);
    let set: hashbrown::HashSet<i32> = [1].into_iter().collect();
    println!("{} {} {} {}", *CELL, set.len(), recent(), unicode_ident::is_xid_start('x'));
    Ok(())
}
