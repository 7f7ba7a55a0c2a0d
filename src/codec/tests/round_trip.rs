//! Everything that is written comes back, for every data type, codec and filter.

use proptest::prelude::*;

use super::*;
use crate::ErrorKind;
use crate::options::{Options, Profile};

fn round_trip(pipeline: &Pipeline, native: &[u8]) {
    let mut stored = b"what was there before".to_vec();
    pipeline.encode(native, &mut stored).unwrap();
    let mut out = vec![0xAA; native.len()];
    pipeline.decode(&stored, &mut out).unwrap();
    assert!(out == native, "{:?}", pipeline.metadata());
}

#[test]
fn every_dtype_with_every_codec_and_filter() {
    for dtype in DType::ALL.into_iter().filter(|d| *d != DType::String) {
        for codec in CODECS {
            for delta in [false, true] {
                for count in [1, 2, 7, 1000] {
                    round_trip(&write(dtype, codec, delta), &sample(dtype, count));
                }
            }
        }
    }
}

#[test]
fn foreign_byte_order_and_filters_written_back() {
    for dtype in [">i2", ">u4", ">i8", ">f2", ">f4", ">c8", ">c16", "<M8[ns]", "|S6", "|b1"] {
        let stored = super::super::stored::StoredType::parse(&json!(dtype)).unwrap();
        let size = stored.item_size().unwrap();
        for filters in [json!(null), json!([{"id": "shuffle", "elementsize": size}])] {
            let logical = if dtype == "|b1" { DType::Bool } else { DType::U8 };
            round_trip(&pipeline(dtype, filters, json!({"id": "zstd", "level": 1})), &sample(logical, 24 * size));
        }
    }
    let twice =
        json!([{"id": "delta", "dtype": ">i4"}, {"id": "delta", "dtype": ">i4"}, {"id": "shuffle", "elementsize": 4}]);
    round_trip(&pipeline(">i4", twice, json!(null)), &sample(DType::I32, 100));
}

#[test]
fn strings_of_every_shape() {
    let strings = ["", "face", "Cylinder Ø", "\u{1f600}", "a\0b", "\n"];
    let long = "x".repeat(70_000);
    for (codec, ids) in [(StringCodec::VlenUtf8, "vlen-utf8"), (StringCodec::Msgpack2, "msgpack2")] {
        for spec in CODECS {
            let pipeline = Pipeline::for_write(DType::String, codec, &CodecSpec::parse(spec).unwrap(), true).unwrap();
            assert_eq!(pipeline.metadata().0, json!("|O"));
            assert_eq!(pipeline.metadata().1.as_array().map(Vec::len), Some(1));
            assert_eq!(pipeline.metadata().1[0]["id"], json!(ids));
            let mut stored = Vec::new();
            for shape in [&[6][..], &[2, 3], &[1, 2, 3, 1]] {
                pipeline.encode_strings(&strings, shape, &mut stored).unwrap();
                assert_eq!(pipeline.decode_strings(&stored, 6, 1 << 20).unwrap(), strings, "{spec} {shape:?}");
            }
            pipeline.encode_strings(&[&long], &[1], &mut stored).unwrap();
            assert_eq!(pipeline.decode_strings(&stored, 1, 1 << 20).unwrap(), [long.as_str()]);
            assert_eq!(pipeline.decode_strings(&stored, 1, 70_000).unwrap_err().kind(), ErrorKind::Corrupt, "{spec}");
            let wrong = pipeline.encode_strings(&strings, &[5], &mut stored).unwrap_err();
            assert_eq!(wrong.kind(), ErrorKind::ShapeMismatch);
        }
    }
}

#[test]
fn a_single_string_is_0d_in_vlen_utf8_and_refused_by_msgpack2() {
    let mut stored = Vec::new();
    let vlen = Encoding::of_profile(Profile::Default).pipeline(DType::String).unwrap();
    vlen.encode_strings(&["part"], &[], &mut stored).unwrap();
    assert_eq!(vlen.decode_strings(&stored, 1, 100).unwrap(), ["part"]);
    let msgpack = Encoding::of_profile(Profile::Hoops).pipeline(DType::String).unwrap();
    let error = msgpack.encode_strings(&["part"], &[], &mut stored).unwrap_err();
    assert_eq!((error.kind(), error.message().contains("0-d")), (ErrorKind::Codec, true));
}

#[test]
fn absent_elements_of_msgpack2_and_json2_are_empty_strings() {
    let msgpack = pipeline("|O", json!([{"id": "msgpack2"}]), json!(null));
    assert_eq!(msgpack.decode_strings(b"\x95\xa1a\xc0\x00\xa2|O\x91\x03", 3, 100).unwrap(), ["a", "", ""]);
    let json2 = pipeline("|O", json!([{"id": "json2"}]), json!(null));
    assert_eq!(json2.decode_strings(br#"["a",null,0,"|O",[3]]"#, 3, 100).unwrap(), ["a", "", ""]);
}

#[test]
fn profiles_write_what_they_say() {
    let zstd = |level: i32| json!({"id": "zstd", "level": level});
    for (profile, level, delta, strings) in [
        (Profile::Default, 12, true, json!([{"id": "vlen-utf8"}])),
        (
            Profile::Hoops,
            12,
            true,
            json!([{"id": "msgpack2", "raw": false, "use_bin_type": true, "use_single_float": false}]),
        ),
        (Profile::Portable, 3, false, json!([{"id": "vlen-utf8"}])),
    ] {
        let metadata = |dtype| Encoding::of_profile(profile).pipeline(dtype).unwrap().metadata();
        let filter =
            |name: &str| if delta { json!([{"id": "delta", "dtype": name, "astype": name}]) } else { json!(null) };
        assert_eq!(metadata(DType::I32), (json!("<i4"), filter("<i4"), zstd(level)));
        assert_eq!(metadata(DType::U8), (json!("|u1"), filter("|u1"), zstd(level)));
        for (dtype, name) in [(DType::Bool, "|b1"), (DType::F32, "<f4"), (DType::C128, "<c16")] {
            assert_eq!(metadata(dtype), (json!(name), json!(null), zstd(level)));
        }
        assert_eq!(metadata(DType::String), (json!("|O"), strings, zstd(level)));
    }
}

#[test]
fn options_lie_over_the_profile() {
    let options = Options::parse(r#"{"codec": "blosc:zstd:7:bitshuffle", "delta": false}"#).unwrap();
    let metadata = Encoding::from_options(&options).unwrap().pipeline(DType::I64).unwrap().metadata();
    let blosc = json!({"id": "blosc", "cname": "zstd", "clevel": 7, "shuffle": 2, "blocksize": 0});
    assert_eq!(metadata, (json!("<i8"), json!(null), blosc));
    let options = Options::parse(r#"{"codec": "gzip:6+shuffle", "profile": "portable", "delta": true}"#).unwrap();
    let metadata = Encoding::from_options(&options).unwrap().pipeline(DType::U16).unwrap().metadata();
    let filters = json!([{"id": "delta", "dtype": "<u2", "astype": "<u2"}, {"id": "shuffle", "elementsize": 2}]);
    assert_eq!(metadata, (json!("<u2"), filters, json!({"id": "gzip", "level": 6})));
}

#[test]
fn codec_names_that_are_wrong_are_named() {
    for (text, kind, words) in [
        ("zip", ErrorKind::Codec, "codec 'zip' is unknown, known are none, zstd, gzip, zlib, bz2, lz4, blosc"),
        ("", ErrorKind::Codec, "codec '' is unknown"),
        ("zstd:23", ErrorKind::InvalidArgument, "level is '23', wanted -131072 to 22"),
        ("gzip:fast", ErrorKind::InvalidArgument, "level is 'fast', wanted 0 to 9"),
        ("bz2:0", ErrorKind::InvalidArgument, "wanted 1 to 9"),
        ("zstd:3:4", ErrorKind::InvalidArgument, "'4' is one part too many"),
        ("lz4:1", ErrorKind::InvalidArgument, "'1' is one part too many"),
        ("zstd:3+delta", ErrorKind::InvalidArgument, "'delta' after '+', known is shuffle"),
        ("blosc:brotli", ErrorKind::Codec, "'brotli' is unknown in blosc, known are blosclz"),
        ("blosc:zstd:5:bits", ErrorKind::InvalidArgument, "'bits', known are noshuffle"),
    ] {
        let error = CodecSpec::parse(text).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}");
        assert!(error.message().contains(words), "{text}: {error}");
    }
}

#[test]
fn a_thread_makes_two_zstd_contexts_however_many_chunks() {
    std::thread::spawn(|| {
        let pipeline = write(DType::I32, "zstd:12", true);
        for count in 1..500 {
            round_trip(&pipeline, &sample(DType::I32, count));
        }
        assert_eq!(super::super::zstd::contexts_created(), 2);
    })
    .join()
    .unwrap();
}

#[test]
fn fill_values_are_one_native_element() {
    let fill = |dtype: &str, value: Json| pipeline(dtype, json!(null), json!(null)).fill(&value);
    let bytes = |bytes: &[u8]| Ok(Some(bytes.to_vec()));
    assert_eq!(fill("<i4", json!(null)), Ok(None));
    assert_eq!(fill(">i4", json!(-2)), bytes(&(-2i32).to_ne_bytes()));
    assert_eq!(fill("<u8", json!(u64::MAX)), bytes(&u64::MAX.to_ne_bytes()));
    assert_eq!(fill("|i1", json!(1.0)), bytes(&[1]));
    assert_eq!(fill("|b1", json!(true)), bytes(&[1]));
    assert_eq!(fill("<f8", json!("-Infinity")), bytes(&f64::NEG_INFINITY.to_ne_bytes()));
    assert_eq!(fill("<f2", json!(0.5)), bytes(&half::f16::from_f32(0.5).to_ne_bytes()));
    assert!(fill("<f4", json!("NaN")).unwrap().is_some_and(|b| f32::from_ne_bytes(b.try_into().unwrap()).is_nan()));
    assert_eq!(
        fill("<c8", json!([1.5, "Infinity"])),
        bytes(&[1.5f32.to_ne_bytes(), f32::INFINITY.to_ne_bytes()].concat())
    );
    assert_eq!(fill("|S4", json!("YWI=")), bytes(b"ab\0\0"));
    assert_eq!(fill("|S2", json!(0)), bytes(&[0, 0]));
    assert_eq!(fill("<M8[ns]", json!(i64::MIN)), bytes(&i64::MIN.to_ne_bytes()));
    for (dtype, value) in [
        ("|i1", json!(128)),
        ("<u4", json!(-1)),
        ("<i4", json!(0.5)),
        ("<f4", json!("nan?")),
        ("|S2", json!("AAAAAA==")),
        ("<c8", json!([1])),
    ] {
        assert_eq!(fill(dtype, value.clone()).unwrap_err().kind(), ErrorKind::Corrupt, "{dtype} {value}");
    }
    let text = pipeline("<U3", json!(null), json!(null));
    assert_eq!(text.fill_string(&json!("ab")), Ok(Some("ab".to_owned())));
    assert_eq!(text.fill_string(&json!(0)), Ok(Some(String::new())));
    assert_eq!(text.fill_string(&json!(null)), Ok(None));
}

#[test]
fn foreign_types_say_what_they_become() {
    let of = |dtype: &str| pipeline(dtype, json!(null), json!(null));
    assert_eq!((of("|S7").dtype(), of("|S7").extra_dim()), (DType::U8, Some(7)));
    assert_eq!((of("<U7").dtype(), of("<U7").element_size()), (DType::String, None));
    assert_eq!(of("<M8[ns]").dtype(), DType::I64);
    assert_eq!(Json::Object(of("<M8[ns]").extra_attributes()), json!({"_datetime64_unit": "ns"}));
    assert_eq!(Json::Object(of(">m8[25s]").extra_attributes()), json!({"_timedelta64_unit": "25s"}));
    assert_eq!(of("<i4").extra_attributes().len(), 0);
}

#[test]
fn what_is_not_supported_is_named() {
    for (dtype, filters, compressor, words) in [
        (json!("|V8"), json!(null), json!(null), "dtype \"|V8\""),
        (json!([["a", "<i4"]]), json!(null), json!(null), "dtype [[\"a\",\"<i4\"]]"),
        (json!("<f16"), json!(null), json!(null), "<f16"),
        (json!("<M8[weeks]"), json!(null), json!(null), "<M8[weeks]"),
        (json!("|i4"), json!(null), json!(null), "|i4"),
        (json!("é4"), json!(null), json!(null), "é4"),
        (json!("|O"), json!(null), json!(null), "without an object codec"),
        (json!("|O"), json!([{"id": "pickle"}]), json!(null), "object codec 'pickle'"),
        (json!("<f4"), json!([{"id": "fixedscaleoffset"}]), json!(null), "filter 'fixedscaleoffset'"),
        (json!("<f4"), json!([{"id": "delta", "dtype": "<c8"}]), json!(null), "delta of dtype <c8 as <c8"),
        (json!("<f4"), json!(null), json!({"id": "lzma"}), "compressor 'lzma'"),
    ] {
        let error = Pipeline::parse(&dtype, &filters, &compressor).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{dtype} {filters} {compressor}");
        assert!(error.message().contains(words), "{error}");
    }
    for (filters, compressor) in
        [(json!(3), json!(null)), (json!([{}]), json!(null)), (json!(null), json!({"level": 1}))]
    {
        assert_eq!(Pipeline::parse(&json!("<i4"), &filters, &compressor).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 1..400), kind in 1usize..14, codec in 0..CODECS.len(), delta: bool) {
        let dtype = DType::ALL[kind];
        let native = bytes.repeat(dtype.size());
        round_trip(&write(dtype, CODECS[codec], delta), &native);
    }

    #[test]
    fn any_strings_come_back(strings in prop::collection::vec(".{0,40}", 1..30), codec in 0..CODECS.len(), hoops: bool) {
        let codec = CodecSpec::parse(CODECS[codec]).unwrap();
        let wire = if hoops { StringCodec::Msgpack2 } else { StringCodec::VlenUtf8 };
        let pipeline = Pipeline::for_write(DType::String, wire, &codec, false).unwrap();
        let borrowed: Vec<&str> = strings.iter().map(String::as_str).collect();
        let mut stored = Vec::new();
        pipeline.encode_strings(&borrowed, &[borrowed.len() as u64], &mut stored).unwrap();
        prop_assert_eq!(pipeline.decode_strings(&stored, strings.len(), 1 << 20).unwrap(), strings);
    }
}
