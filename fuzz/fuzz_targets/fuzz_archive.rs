#![no_main]

use datastorage_fuzz::driver;

libfuzzer_sys::fuzz_target!(init: driver::start(), |bytes: &[u8]| driver::one(driver::target("archive"), bytes));
