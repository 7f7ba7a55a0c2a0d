//! Chunks that zarr-python 2.18.7 with numcodecs 0.13.1 wrote (`golden.py` makes them) decode to what they hold.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::*;
use crate::codec::stored::{StoredType, swap};

#[derive(Deserialize)]
struct Golden {
    data: Vec<Json>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(super) struct Case {
    pub name: String,
    pub shape: Vec<u64>,
    stored: String,
    dtype: Json,
    filters: Json,
    compressor: Json,
    holds: usize,
    #[serde(skip)]
    pub expected: Json,
}

impl Case {
    pub fn pipeline(&self) -> Pipeline {
        Pipeline::parse(&self.dtype, &self.filters, &self.compressor).unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }

    pub fn stored(&self) -> Vec<u8> {
        STANDARD.decode(&self.stored).unwrap()
    }

    pub fn count(&self) -> usize {
        self.shape.iter().product::<u64>() as usize
    }

    pub fn strings(&self) -> Option<Vec<String>> {
        serde_json::from_value(self.expected.clone()).ok()
    }

    /// The native bytes it holds; the fixture has them little-endian.
    fn native(&self) -> Vec<u8> {
        let mut bytes = STANDARD.decode(self.expected.as_str().unwrap()).unwrap();
        if cfg!(target_endian = "big") {
            swap(&mut bytes, StoredType::parse(&self.dtype).unwrap().swap_unit());
        }
        bytes
    }
}

pub(super) fn cases() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("golden.json")).unwrap();
    let expect = |case: Case| Case { expected: golden.data[case.holds].clone(), ..case };
    golden.cases.into_iter().map(expect).collect()
}

#[test]
fn numcodecs_chunks_decode() {
    let cases = cases();
    assert!(cases.len() > 130);
    for case in &cases {
        let (pipeline, stored) = (case.pipeline(), case.stored());
        if let Some(strings) = case.strings() {
            let decoded = pipeline.decode_strings(&stored, case.count(), 1 << 20);
            assert_eq!(decoded.as_ref(), Ok(&strings), "{}", case.name);
        } else {
            let mut out = vec![0xAA; case.count() * pipeline.element_size().unwrap()];
            assert_eq!(pipeline.decode(&stored, &mut out), Ok(()), "{}", case.name);
            assert_eq!(out, case.native(), "{}", case.name);
        }
    }
}

#[test]
fn what_was_read_can_be_written_back() {
    for case in cases().iter().filter(|case| !case.name.contains("U6")) {
        let pipeline = case.pipeline();
        let (mut stored, mut again) = (Vec::new(), Vec::new());
        if let Some(strings) = case.strings() {
            let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
            if pipeline.encode_strings(&strings, &case.shape, &mut stored).is_ok() {
                assert_eq!(pipeline.decode_strings(&stored, strings.len(), 1 << 20).unwrap(), strings, "{}", case.name);
            }
        } else {
            let native = case.native();
            pipeline.encode(&native, &mut stored).unwrap();
            let mut out = vec![0; native.len()];
            pipeline.decode(&stored, &mut out).unwrap();
            pipeline.encode(&out, &mut again).unwrap();
            assert!(case.name.contains("delta <f") || case.name.contains("delta >f") || out == native, "{}", case.name);
        }
        assert_eq!(pipeline.metadata(), (case.dtype.clone(), case.filters.clone(), case.compressor.clone()));
    }
}

#[test]
fn filters_and_strings_are_byte_for_byte_those_of_numcodecs() {
    // Behind no compressor, or one without freedom, the bytes are determined.
    let determined = |name: &str| name.ends_with(" raw") || name == "smooth None";
    let mut seen = 0;
    for case in cases().iter().filter(|case| determined(&case.name) && !case.name.starts_with("json2")) {
        let (pipeline, mut stored) = (case.pipeline(), Vec::new());
        match case.strings() {
            Some(strings) => {
                let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
                pipeline.encode_strings(&strings, &case.shape, &mut stored).unwrap();
            }
            None => pipeline.encode(&case.native(), &mut stored).unwrap(),
        }
        // Without use_bin_type there is no str8 on the wire; every reader takes both.
        let old_wire = case.filters[0]["use_bin_type"] == json!(false);
        assert!(old_wire || stored == case.stored(), "{}", case.name);
        seen += 1;
    }
    assert!(seen > 10);
}
