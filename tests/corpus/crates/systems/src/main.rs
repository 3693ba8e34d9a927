use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
struct Options {
    #[arg(long, default_value_t = 3)]
    count: usize,
}

#[linkme::distributed_slice]
static PIECES: [i32];
#[linkme::distributed_slice(PIECES)]
static ONE: i32 = 1;

struct Entry(&'static str);
inventory::collect!(Entry);
inventory::submit! { Entry("submitted") }

#[repr(C)]
struct Offsets { _a: u8, b: u32 }

fn main() {
    let options = Options::parse();
    let sum: usize = { use rayon::prelude::*; (0..options.count).into_par_iter().sum() };
    println!("{sum} {} {}", PIECES.len(), inventory::iter::<Entry>().map(|one| one.0).collect::<String>());
    println!("{} {}", memoffset::offset_of!(Offsets, b), <typenum::U5 as typenum::Unsigned>::to_usize());
    println!("{} {}", regex::Regex::new("a+").unwrap().is_match("caat"), parking_lot::Mutex::new(4).lock());
    println!("{} {}", target_lexicon::Triple::host(), rustix::process::getpid().as_raw_nonzero().get() > 0);
    let mut map = ahash::AHashMap::new();
    map.insert(1, 2);
    println!("{map:?} {} {}", const_random::const_random!(u8) as u32 <= 255, rand::random::<u8>() as u32 <= 255);
    let _ = crossbeam_epoch::pin();
    println!("{}", crossbeam_utils::CachePadded::new(1).into_inner());
}
