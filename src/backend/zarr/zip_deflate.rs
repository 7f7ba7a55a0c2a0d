//! Deflating the two documents of an archive: one block of fixed Huffman codes, matches found through a small table.
//!
//! The documents of a part of small arrays are some 25 kB of text that repeats itself. A general compressor clears
//! a quarter of a megabyte of state for each of them, which takes longer than the matches it finds; this one clears
//! 16 kB, and comes to the same size as a general one at its fastest level. Any inflater reads what it writes. Source:
//! RFC 1951, 3.2.5 (lengths and distances) and 3.2.6 (fixed codes).
//!
//! It is for text: bytes from 144 on take nine bits. It does not inflate.

/// The shortest match that is looked for.
const MIN: usize = 4;
/// The longest match there is.
const MAX: usize = 258;
/// How far back a match may lie.
const WINDOW: u32 = 32 << 10;
const HASH_BITS: u32 = 12;

/// A code and the extra bits behind it, as they are written: the first bit lowest.
#[derive(Clone, Copy)]
struct Code {
    bits: u32,
    count: u8,
}

/// The codes of the literals.
static LITERALS: [Code; 256] = literals();
/// The codes of the lengths 3 to 258.
static LENGTHS: [Code; 256] = lengths();

/// The fixed code of a symbol.
const fn fixed(symbol: u32) -> Code {
    let (code, count) = match symbol {
        0..=143 => (0x30 + symbol, 8),
        144..=255 => (0x190 + symbol - 144, 9),
        256..=279 => (symbol - 256, 7),
        _ => (0xC0 + symbol - 280, 8),
    };
    Code { bits: code.reverse_bits() >> (32 - count), count: count as u8 }
}

const fn literals() -> [Code; 256] {
    let mut codes = [Code { bits: 0, count: 0 }; 256];
    let mut byte = 0;
    while byte < 256 {
        codes[byte] = fixed(byte as u32);
        byte += 1;
    }
    codes
}

const fn lengths() -> [Code; 256] {
    let mut codes = [Code { bits: 0, count: 0 }; 256];
    let mut value = 0u32;
    while value < 256 {
        let (symbol, extra) = match value {
            255 => (285, 0),
            0..=7 => (257 + value, 0),
            _ => {
                let extra = value.ilog2() - 2;
                (257 + 4 * (extra + 1) + ((value >> extra) & 3), extra)
            }
        };
        let code = fixed(symbol);
        let low = value & ((1 << extra) - 1);
        codes[value as usize] = Code { bits: code.bits | (low << code.count), count: code.count + extra as u8 };
        value += 1;
    }
    codes
}

/// The code of a distance of at least 1: five bits, and the extra ones.
fn distance_code(distance: u32) -> Code {
    let value = distance - 1;
    let (symbol, extra) = if value < 4 {
        (value, 0)
    } else {
        let extra = value.ilog2() - 1;
        (2 * (extra + 1) + ((value >> extra) & 1), extra)
    };
    let low = value & ((1 << extra) - 1);
    Code { bits: (symbol.reverse_bits() >> 27) | (low << 5), count: 5 + extra as u8 }
}

/// Bits on their way to bytes.
struct Bits {
    out: Vec<u8>,
    word: u64,
    count: u32,
}

impl Bits {
    /// Adds a code; at most 31 bits are left behind, and no code has more than 18.
    fn push(&mut self, code: Code) {
        self.word |= u64::from(code.bits) << self.count;
        self.count += u32::from(code.count);
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.word as u32).to_le_bytes());
            self.word >>= 32;
            self.count -= 32;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.word.to_le_bytes()[..bytes]);
        self.out
    }
}

/// The deflated form of a text.
pub fn deflate(text: &[u8]) -> Vec<u8> {
    let mut bits = Bits { out: Vec::with_capacity(text.len() / 4 + 64), word: 0, count: 0 };
    // The last block, of fixed codes.
    bits.push(Code { bits: 0b011, count: 3 });
    // Where four bytes were seen last. Places are counted modulo 2^32, and from 1 so that 0 is none: what is found is
    // compared before it is believed.
    let mut seen = [0u32; 1 << HASH_BITS];
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.first_chunk::<MIN>()) {
        let place = &mut seen[hash(*next)];
        let distance = (at as u32).wrapping_add(1).wrapping_sub(*place);
        *place = (at as u32).wrapping_add(1);
        let length = match at.checked_sub(distance as usize).filter(|_| distance > 0 && distance <= WINDOW) {
            Some(before) => common(&text[before..], &text[at..]),
            None => 0,
        };
        if length < MIN {
            bits.push(LITERALS[usize::from(text[at])]);
            at += 1;
            continue;
        }
        bits.push(LENGTHS[length - 3]);
        bits.push(distance_code(distance));
        // What comes next often repeats what the last match ended in.
        if let Some(last) = text.get(at + length - 2..).and_then(|rest| rest.first_chunk::<MIN>()) {
            seen[hash(*last)] = ((at + length - 2) as u32).wrapping_add(1);
        }
        at += length;
    }
    text[at..].iter().for_each(|byte| bits.push(LITERALS[usize::from(*byte)]));
    bits.push(fixed(256));
    bits.finish()
}

fn hash(bytes: [u8; MIN]) -> usize {
    (u32::from_le_bytes(bytes).wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize
}

/// How many bytes two texts have in common at their beginning, as far as a match goes.
fn common(a: &[u8], b: &[u8]) -> usize {
    let most = a.len().min(b.len()).min(MAX);
    let (a, b) = (&a[..most], &b[..most]);
    let mut length = 0;
    for (x, y) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return length + (differ.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    length + a[length..].iter().zip(&b[length..]).take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use proptest::prelude::*;

    use super::*;

    fn inflated(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut reader = flate2::bufread::DeflateDecoder::new(bytes);
        reader.read_to_end(&mut out).unwrap();
        assert_eq!(reader.total_in(), bytes.len() as u64, "nothing is left over");
        out
    }

    #[test]
    fn every_length_and_distance_comes_back() {
        for length in 0..600 {
            let text = [vec![b'x'; length], b"end".to_vec(), vec![b'x'; length]].concat();
            assert_eq!(inflated(&deflate(&text)), text, "{length}");
        }
        let random = |n: usize| (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>();
        for apart in [1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 64, 65, 1000, 32_766, 32_767, 32_768, 32_769, 70_000] {
            let text = [b"needle in it".to_vec(), random(apart), b"needle in it".to_vec()].concat();
            assert_eq!(inflated(&deflate(&text)), text, "{apart}");
            let all: Vec<u8> = (0..=255).cycle().take(apart).collect();
            assert_eq!(inflated(&deflate(&all)), all);
        }
    }

    #[test]
    fn documents_come_to_what_a_general_compressor_makes_of_them() {
        let node = |i: usize| {
            format!(
                "\"faces/array_{i}/.zarray\":{{\"chunks\":[{}],\"compressor\":{{\"id\":\"zstd\",\"level\":3}},\"dtype\":\"<f4\",\
                 \"fill_value\":null,\"filters\":null,\"order\":\"C\",\"shape\":[{}],\"zarr_format\":2}}",
                17 * i,
                17 * i
            )
        };
        let text = (0..60).map(node).collect::<Vec<_>>().join(",").into_bytes();
        let mut fast = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        fast.write_all(&text).unwrap();
        let (own, other) = (deflate(&text), fast.finish().unwrap());
        assert_eq!(inflated(&own), text);
        assert!(own.len() <= other.len() * 11 / 10, "{} {}", own.len(), other.len());
    }

    proptest! {
        #[test]
        fn anything_comes_back(words in prop::collection::vec(prop_oneof!["[a-c]{1,9}", "\\PC{0,6}"], 0..400),
                               bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = [words.concat().into_bytes(), bytes].concat();
            prop_assert_eq!(inflated(&deflate(&text)), text);
        }
    }
}
