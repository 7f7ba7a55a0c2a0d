//! Gives the shared library its name for the loader: programs ask for `libdatastorage.so.1`, whatever it is built as.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Windows names a DLL by its file, and rustc writes the import library beside it.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdatastorage.so.1");
    }
}
