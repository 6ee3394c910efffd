#![no_main]

#[path = "../endpoint_body.rs"]
mod endpoint_body;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| endpoint_body::endpoint(std::time::Instant::now(), octets));
