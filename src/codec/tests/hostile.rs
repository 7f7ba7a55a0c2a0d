//! Stored bytes that lie: never a panic, never memory beyond the bound, and the error says `Corrupt`.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::golden::{Case, cases};
use super::*;
use crate::codec::compressor::Compressor;
use crate::codec::strings::ObjectCodec;
use crate::{ErrorKind, Result};

/// What a decode gives: native bytes or strings.
#[derive(Debug, PartialEq)]
enum Decoded {
    Bytes(Vec<u8>),
    Strings(Vec<String>),
}

fn decode(pipeline: &Pipeline, stored: &[u8], count: usize) -> Result<Decoded> {
    match pipeline.element_size() {
        Some(size) => {
            let mut out = vec![0; count * size];
            pipeline.decode(stored, &mut out).map(|()| Decoded::Bytes(out))
        }
        None => pipeline.decode_strings(stored, count, 1 << 16).map(Decoded::Strings),
    }
}

/// A damaged chunk may only ever be reported as such.
fn assert_kind(result: &Result<Decoded>, case: &Case, what: &str) {
    if let Err(error) = result {
        let kind = error.kind();
        assert!(matches!(kind, ErrorKind::Corrupt | ErrorKind::Utf8), "{} {what}: {kind:?} {error}", case.name);
        assert!(!error.message().contains('\n') && error.message().len() < 200, "{error}");
    }
}

#[test]
fn truncation_at_every_byte_is_corrupt() {
    for case in cases() {
        let (pipeline, stored) = (case.pipeline(), case.stored());
        for length in 0..stored.len() {
            let error = decode(&pipeline, &stored[..length], case.count()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{} cut to {length}: {error}", case.name);
        }
    }
}

#[test]
fn a_flip_of_any_bit_never_panics() {
    for case in cases() {
        let (pipeline, mut stored) = (case.pipeline(), case.stored());
        for bit in 0..8 * stored.len() {
            stored[bit / 8] ^= 1 << (bit % 8);
            assert_kind(&decode(&pipeline, &stored, case.count()), &case, &format!("bit {bit}"));
            stored[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn any_byte_of_a_header_never_panics() {
    for case in cases() {
        let (pipeline, mut stored) = (case.pipeline(), case.stored());
        for index in 0..stored.len().min(20) {
            let kept = stored[index];
            for value in 0..=255 {
                stored[index] = value;
                assert_kind(&decode(&pipeline, &stored, case.count()), &case, &format!("byte {index} = {value}"));
            }
            stored[index] = kept;
        }
    }
}

#[test]
fn the_checksum_of_our_own_frames_finds_every_flipped_bit() {
    let pipeline = write(DType::I32, "zstd:12", true);
    let native = sample(DType::I32, 200);
    let mut stored = Vec::new();
    pipeline.encode(&native, &mut stored).unwrap();
    for bit in 0..8 * stored.len() {
        stored[bit / 8] ^= 1 << (bit % 8);
        if let Ok(decoded) = decode(&pipeline, &stored, 200) {
            assert_eq!(decoded, Decoded::Bytes(native.clone()), "bit {bit}");
        }
        stored[bit / 8] ^= 1 << (bit % 8);
    }
    let last = stored.len() - 1;
    stored[last] ^= 1;
    let error = decode(&pipeline, &stored, 200).unwrap_err();
    assert!(error.message().contains("checksum"), "{error}");
}

#[cfg(feature = "pcodec")]
#[test]
fn damaged_pcodec_never_panics_and_writes_nothing_beyond_the_chunk() {
    for dtype in [DType::I16, DType::U64, DType::F16, DType::F32, DType::F64] {
        let pipeline = write(dtype, "pcodec:8", false);
        for native in [sample(dtype, 700), vec![0; 700 * dtype.size()]] {
            let mut stored = Vec::new();
            pipeline.encode(&native, &mut stored).unwrap();
            let mut out = vec![0; native.len()];
            for length in 0..stored.len() {
                assert_eq!(pipeline.decode(&stored[..length], &mut out).unwrap_err().kind(), ErrorKind::Corrupt);
            }
            for bit in 0..8 * stored.len() {
                stored[bit / 8] ^= 1 << (bit % 8);
                if let Err(error) = pipeline.decode(&stored, &mut out) {
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{dtype} bit {bit}: {error}");
                    assert!(!error.message().contains('\n') && error.message().len() < 400, "{error}");
                }
                stored[bit / 8] ^= 1 << (bit % 8);
            }
            // From memory that is not aligned for the type, into memory that is not.
            let moved = [&[0], native.as_slice()].concat();
            let mut again = Vec::new();
            pipeline.encode(&moved[1..], &mut again).unwrap();
            assert_eq!(again, stored);
            let mut out = vec![0; native.len() + 1];
            pipeline.decode(&stored, &mut out[1..]).unwrap();
            assert_eq!(out[1..], native);
        }
    }
    let swapped = Pipeline::parse(&json!(">i4"), &json!(null), &json!({"id": "pcodec"})).unwrap_err();
    assert_eq!(swapped.kind(), ErrorKind::Unsupported);
    let filtered = json!([{"id": "delta", "dtype": "<i4"}]);
    let error = Pipeline::parse(&json!("<i4"), &filtered, &json!({"id": "pcodec"})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[cfg(feature = "pcodec")]
#[test]
fn tables_of_pcodec_are_no_larger_than_what_they_are_for() {
    // Type and number of a chunk come first; then 4 bits of the mode, and of the delta with the logarithm of its window.
    let chunk = |bytes: &[u8]| bytes.windows(3).position(|n| n == [19, 0, 0]).unwrap() + 3;
    let numbers: Vec<i32> = (0..20).map(|n| n % 5).collect();
    let back = pco::ChunkConfig::default().with_delta_spec(pco::DeltaSpec::TryLookback);
    let mut window = pco::standalone::simple_compress(&numbers, &back).unwrap();
    let pipeline = write(DType::I32, "pcodec:8", false);
    let mut out = vec![0; 80];
    pipeline.decode(&window, &mut out).unwrap();
    assert_eq!(out, bytemuck::cast_slice::<i32, u8>(&numbers));
    let at = chunk(&window) + 1;
    window[at] = window[at] & 0xE0 | 22;
    let mut dictionary = Vec::new();
    pipeline.encode(&out, &mut dictionary).unwrap();
    let at = chunk(&dictionary);
    dictionary[at..at + 4].copy_from_slice(&[0xF4, 0xFF, 0xFF, 0x1F]);
    for (bytes, word) in [(window, "looks back 8388608 numbers"), (dictionary, "a dictionary of 33554431 values")] {
        let error = pipeline.decode(&bytes, &mut out).unwrap_err();
        assert!(error.kind() == ErrorKind::Corrupt && error.message().contains(word), "{error}");
    }
}

#[test]
fn a_chunk_of_another_size_is_corrupt() {
    for codec in CODECS {
        let pipeline = write(DType::U16, codec, true);
        let mut stored = Vec::new();
        pipeline.encode(&sample(DType::U16, 500), &mut stored).unwrap();
        for count in [1, 499, 501, 100_000] {
            let error = decode(&pipeline, &stored, count).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{codec} as {count}: {error}");
        }
    }
}

#[test]
fn bombs_stay_within_the_bound() {
    let zeros = vec![0; 64 << 20];
    for codec in CODECS {
        let compressor = CodecSpec::parse(codec).unwrap().compressor.of(DType::I32);
        let mut bomb = Vec::new();
        compressor.compress(&zeros, 4, &mut bomb).unwrap();
        let started = Instant::now();
        let mut small = [0; 1000];
        let error = compressor.decompress_exact(&bomb, &mut small).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{codec}: {error}");
        let mut out = Vec::new();
        let error = compressor.decompress_bounded(&bomb, 100_000, &mut out).unwrap_err();
        let kind = if codec.starts_with("pcodec") { ErrorKind::Unsupported } else { ErrorKind::Corrupt };
        assert_eq!(error.kind(), kind, "{codec}: {error}");
        assert!(out.capacity() <= 300_000, "{codec}: {} bytes", out.capacity());
        assert!(started.elapsed() < Duration::from_secs(5), "{codec}");
    }
}

#[test]
fn claims_of_absurd_sizes_allocate_nothing() {
    // Single segment, 8-byte content size of 2^62, one empty last block.
    let zstd = [&[0x28, 0xB5, 0x2F, 0xFD, 0xE0][..], &(1u64 << 62).to_le_bytes(), &[1, 0, 0]].concat();
    // No content size, a window of 2^41 bytes.
    let window = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xFF, 1, 0, 0];
    // No content size, a window of 2^27 bytes, nothing in it.
    let wide = [0x28, 0xB5, 0x2F, 0xFD, 0x00, (27 - 10) << 3, 1, 0, 0];
    let error = Compressor::Zstd(0).decompress_bounded(&wide, 1 << 20, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    Compressor::Zstd(0).decompress_bounded(&wide, 1 << 30, &mut Vec::new()).unwrap();
    let lz4 = [&i32::MAX.to_le_bytes()[..], &[0x10, 0]].concat();
    let blosc = |nbytes: u32, block: u32, flags: u8| {
        let words = [nbytes.to_le_bytes(), block.to_le_bytes(), 20u32.to_le_bytes()].concat();
        [&[2, 1, flags, 4][..], &words, &[0; 4]].concat()
    };
    for (id, bytes) in [
        ("zstd", zstd),
        ("zstd", window.to_vec()),
        ("lz4", lz4),
        ("blosc", blosc(0x7FFF_FFE0, 0x4000, 0)),
        ("blosc", blosc(0x7FFF_FFE0, 0x2000_0000, 0x82)),
        ("blosc", blosc(0x3000_0000, 0x2000_0000, 0x82)),
        ("blosc", blosc(u32::MAX, u32::MAX, 0)),
        ("blosc", blosc(64, 3, 0)),
        ("blosc", blosc(64, 0, 0)),
        ("blosc", blosc(64, 64, 2)),
    ] {
        let compressor = Compressor::parse(&json!({ "id": id })).unwrap();
        let mut small = [0; 64];
        assert_eq!(compressor.decompress_exact(&bytes, &mut small).unwrap_err().kind(), ErrorKind::Corrupt, "{id}");
        let mut out = Vec::new();
        let error = compressor.decompress_bounded(&bytes, 1 << 30, &mut out).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{id} {error}");
        assert!(out.capacity() < 1 << 20, "{id}: {} bytes", out.capacity());
    }
}

#[test]
fn zstd_frames_without_a_size_and_several_in_a_row_are_read() {
    let native = sample(DType::U8, 300_000);
    let pipeline = write(DType::U8, "zstd", false);
    let streamed = ::zstd::stream::encode_all(&native[..], 3).unwrap();
    let (first, second) = native.split_at(100_001);
    let skippable = [&0x184D_2A53u32.to_le_bytes()[..], &3u32.to_le_bytes(), b"abc"].concat();
    let parts = [::zstd::bulk::compress(first, 1).unwrap(), skippable, ::zstd::stream::encode_all(second, 9).unwrap()];
    for stored in [streamed, parts.concat()] {
        assert_eq!(decode(&pipeline, &stored, native.len()).unwrap(), Decoded::Bytes(native.clone()));
        let mut out = Vec::new();
        Compressor::Zstd(0).decompress_bounded(&stored, native.len(), &mut out).unwrap();
        assert!(out == native);
        let error = Compressor::Zstd(0).decompress_bounded(&stored, native.len() - 1, &mut out).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let mut garbage = stored.clone();
        garbage.extend_from_slice(b"and more");
        assert_eq!(decode(&pipeline, &garbage, native.len()).unwrap_err().kind(), ErrorKind::Corrupt);
    }
    // The magic of zstd 0.7: libzstd would decode it.
    let error = decode(&pipeline, &[0x27, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], 1).unwrap_err();
    assert!(error.message().contains("0xfd2fb527"), "{error}");
}

#[test]
fn gzip_members_in_a_row_are_one_chunk() {
    let pipeline = write(DType::U8, "gzip:6", false);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    pipeline.encode(b"face", &mut first).unwrap();
    pipeline.encode(b"edge!", &mut second).unwrap();
    let decoded = decode(&pipeline, &[first, second].concat(), 9).unwrap();
    assert_eq!(decoded, Decoded::Bytes(b"faceedge!".to_vec()));
}

#[test]
fn lists_that_lie_are_corrupt() {
    let deep = |open: &[u8]| open.repeat(100_000);
    for (codec, bytes) in [
        (ObjectCodec::VlenUtf8, b"\xff\xff\xff\xff".to_vec()),
        (ObjectCodec::VlenUtf8, b"\x02\0\0\0\xff\xff\xff\x7fab\0\0".to_vec()),
        (ObjectCodec::VlenUtf8, b"\x02\0\0\0\x01\0\0\0a\x01\0\0\0b!".to_vec()),
        (ObjectCodec::VlenUtf8, b"\x02\0\0\0\x01\0\0\0a\x01\0\0\0\xff".to_vec()),
        (ObjectCodec::Msgpack2, deep(b"\x94")),
        (ObjectCodec::Msgpack2, b"\xdd\xff\xff\xff\xff".to_vec()),
        (ObjectCodec::Msgpack2, b"\x94\xdb\xff\xff\xff\xffa".to_vec()),
        (ObjectCodec::Msgpack2, b"\x94\xa1a\xa1b\xa2|O\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x02".to_vec()),
        (ObjectCodec::Msgpack2, b"\x94\xa1a\xa1b\xa2|O\x91\x03".to_vec()),
        (ObjectCodec::Msgpack2, b"\x95\xa1a\xa1b\xa1c\xa2|O\x91\x02".to_vec()),
        (ObjectCodec::Msgpack2, b"\x94\xa1a\x05\xa2|O\x91\x02".to_vec()),
        (ObjectCodec::Msgpack2, b"\x94\xa1a\xa1\xff\xa2|O\x91\x02".to_vec()),
        (ObjectCodec::Msgpack2, b"\x91\xa1a".to_vec()),
        (ObjectCodec::Json2, deep(b"[")),
        (ObjectCodec::Json2, br#"["a","b"]"#.to_vec()),
        (ObjectCodec::Json2, br#"["a","|O",[2]]"#.to_vec()),
        (ObjectCodec::Json2, br#"["a","b","|O",[3]]"#.to_vec()),
        (ObjectCodec::Json2, br#"["a",{},"|O",[2]]"#.to_vec()),
        (ObjectCodec::Json2, br#"{"a":1}"#.to_vec()),
    ] {
        let error = codec.decode(&bytes, 2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{codec:?} {error}");
        assert!(codec.decode(&bytes, usize::MAX / 2).is_err());
    }
}

#[test]
fn elements_that_are_no_values_are_corrupt() {
    let raw = |dtype: &str| pipeline(dtype, json!(null), json!(null));
    assert!(decode(&raw("|b1"), &[0, 1, 2], 3).unwrap_err().message().contains("neither 0 nor 1"));
    for code in [0xD800u32, 0x11_0000, u32::MAX] {
        let error = decode(&raw("<U1"), &code.to_le_bytes(), 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
    let bytes = pipeline("|O", json!([{"id": "vlen-bytes"}]), json!(null));
    let error = decode(&bytes, b"\x01\0\0\0\x01\0\0\0\xff", 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Utf8);
    let wide = pipeline("<U200000000", json!(null), json!({"id": "zstd"}));
    assert_eq!(wide.decode_strings(&[], usize::MAX, u64::MAX).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_filter_that_does_not_fit_the_elements_is_corrupt() {
    for filter in [json!({"id": "delta", "dtype": "<i8"}), json!({"id": "shuffle", "elementsize": 3})] {
        let pipeline = pipeline("<i4", json!([filter]), json!(null));
        let error = decode(&pipeline, &[0; 4], 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.message().contains("the chunk has 4 bytes"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), codec in 0..CODECS.len(), strings: bool) {
        let codec = CodecSpec::parse(CODECS[codec]).unwrap();
        let dtype = if strings { DType::String } else { DType::I32 };
        let pipeline = Pipeline::for_write(dtype, StringCodec::Msgpack2, &codec, true).unwrap();
        let _ = decode(&pipeline, &bytes, 10);
    }

    #[test]
    fn damage_in_several_places_never_panics(
        index in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        thread_local!(static CASES: Vec<Case> = cases());
        CASES.with(|cases| {
            let case = index.get(cases);
            let mut stored = case.stored();
            for (at, value) in &damage {
                let at = at.index(stored.len());
                stored[at] = *value;
            }
            assert_kind(&decode(&case.pipeline(), &stored, case.count()), case, "damaged");
        });
    }
}
