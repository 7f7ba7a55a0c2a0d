//! Every target in one program: `DATASTORAGE_FUZZ_TARGET` names the one that it is.
#![no_main]

use datastorage_fuzz::driver;

libfuzzer_sys::fuzz_target!(init: driver::start(), |bytes: &[u8]| driver::one(driver::chosen(), bytes));
