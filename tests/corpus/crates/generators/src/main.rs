#[allow(non_camel_case_types, dead_code)]
mod shape {
    include!(concat!(env!("OUT_DIR"), "/shape.rs"));
}
mod note {
    include!(concat!(env!("OUT_DIR"), "/note.rs"));
}

#[cxx::bridge]
mod bridge {
    unsafe extern "C++" {
        include!("add.h");
        fn add(a: i32, b: i32) -> i32;
    }
}

fn main() {
    use prost::Message;
    let it = shape::shape { width: 2, height: 3 };
    println!("{} {}", it.width * it.height, shape::colour_BLUE);
    let bytes = note::Note { text: "said".into(), marks: vec![1, 2] }.encode_to_vec();
    println!("{:?} {}", note::Note::decode(&bytes[..]).unwrap(), bridge::add(2, 5));
}
