//! What every store tells the same way, whatever its backend: names of dimensions after a rename, progress of a check.

use std::sync::{Arc, Mutex};

use datastorage::{Array, ErrorKind, Options, Storage};
use serde_json::json;

fn stores(dir: &std::path::Path) -> Vec<(&'static str, Storage)> {
    let open =
        |uri: String, options: serde_json::Value| Storage::open(&uri, &Options::from_json(options).unwrap()).unwrap();
    let path = |name: &str| dir.join(name).display().to_string();
    vec![
        ("memory", Storage::memory()),
        ("json", open(format!("json:{}", path("j")), json!({}))),
        ("zarr", open(path("a.zarr"), json!({"export": false}))),
        ("zarr 3", open(path("b.zarr"), json!({"export": false, "zarr_format": 3}))),
    ]
}

#[test]
fn automatic_names_of_dimensions_follow_a_rename() {
    let dir = tempfile::tempdir().unwrap();
    for (name, store) in stores(dir.path()) {
        store.save("t/x", Array::from_slice(&[2, 2], &[1i32, 2, 3, 4]).unwrap()).unwrap();
        store.save("t/deep/y", vec![1.5f32]).unwrap();
        store.save("t/named", vec![1i32, 2]).unwrap();
        store.set_dimensions("t/named", &["face"]).unwrap();
        store.rename("t", "u").unwrap();
        assert_eq!(store.dimensions("u/x").unwrap(), ["u_x_dim_0", "u_x_dim_1"], "{name}");
        assert_eq!(store.dimensions("u/deep/y").unwrap(), ["u_deep_y_dim_0"], "{name}");
        assert_eq!(store.dimensions("u/named").unwrap(), ["face"], "{name}");
        store.rename("u/x", "z").unwrap();
        assert_eq!(store.dimensions("z").unwrap(), ["z_dim_0", "z_dim_1"], "{name}");
        assert_eq!(store.load_array("z").unwrap().to_vec::<i32>().unwrap(), [1, 2, 3, 4]);
    }
}

#[test]
fn a_check_tells_how_far_it_is_and_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    for (name, store) in stores(dir.path()).into_iter().skip(1) {
        for i in 0..5 {
            store.save(&format!("g/a{i}"), vec![i; 10]).unwrap();
        }
        store.flush().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = seen.clone();
        store.set_progress(Some(Arc::new(move |step: &datastorage::Progress<'_>| {
            told.lock().unwrap().push((step.stage.to_owned(), step.done, step.total));
            true
        })));
        assert!(store.verify(false).unwrap().is_empty());
        let steps: Vec<_> = std::mem::take(&mut *seen.lock().unwrap());
        assert!(
            steps.len() >= 5 && steps.iter().all(|(stage, done, total)| stage == "verify" && done <= total),
            "{name}"
        );
        store.set_progress(Some(Arc::new(|step: &datastorage::Progress<'_>| step.done < 2)));
        assert_eq!(store.verify(false).unwrap_err().kind(), ErrorKind::Cancelled, "{name}");
        store.set_progress(None);
    }
}
