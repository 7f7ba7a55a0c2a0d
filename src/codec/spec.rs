//! What to write: a codec by name, and the profiles.

use super::Pipeline;
use super::blosc::{self, Blosc};
use super::choose::Choice;
use super::compressor::{Compressor, KNOWN};
use super::deflate::Format;
use super::pcodec::{self, Pcodec};
use super::strings::StringCodec;
use super::zstd;
use crate::error::{Result, err};
use crate::options::{Options, Profile};
use crate::value::DType;

/// A compressor, as the option `"codec"` names it: `zstd:12`, `gzip:6`, `blosc:zstd:5:shuffle`, `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecSpec {
    pub(super) compressor: Compressor,
    pub(super) shuffle: bool,
}

impl CodecSpec {
    /// Parses `name[:level]`, `blosc[:name[:level[:noshuffle|shuffle|bitshuffle]]]`, each with `+shuffle` for the byte
    /// shuffle filter before it, or `pcodec[:level]`, which takes integers and floats of 16 to 64 bits (other arrays then get
    /// zstd 12). Levels left out are 12 (zstd), 6 (gzip, zlib), 9 (bz2), 5 (blosc) and 8 (pcodec). What is written
    /// with `blosc:snappy` the wheels of numcodecs cannot read: they are built without it.
    ///
    /// # Errors
    /// `Codec` when the codec is unknown, `InvalidArgument` when a level or part of it is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let (codec, shuffle) = match text.split_once('+') {
            None => (text, false),
            Some((codec, "shuffle")) => (codec, true),
            Some((_, other)) => {
                return Err(err!(InvalidArgument, "codec '{text}': '{other}' after '+', known is shuffle"));
            }
        };
        let mut parts = codec.split(':');
        let id = parts.next().unwrap_or_default();
        let compressor = match id {
            "none" | "raw" => Compressor::None,
            "zstd" => {
                let low = i64::from(*::zstd::compression_level_range().start());
                Compressor::Zstd(level(text, parts.next(), i64::from(zstd::DEFAULT_LEVEL), low, 22)? as i32)
            }
            "gzip" => Compressor::Stream(Format::Gzip, level(text, parts.next(), 6, 0, 9)? as u32),
            "zlib" => Compressor::Stream(Format::Zlib, level(text, parts.next(), 6, 0, 9)? as u32),
            "bz2" => Compressor::Stream(Format::Bz2, level(text, parts.next(), 9, 1, 9)? as u32),
            "lz4" => Compressor::Lz4,
            "pcodec" => {
                let level = level(text, parts.next(), i64::from(pcodec::DEFAULT_LEVEL), 0, 12)? as u8;
                Compressor::Pcodec(Pcodec { level, dtype: None })
            }
            "blosc" => Compressor::Blosc(blosc_spec(text, &mut parts)?),
            other => return Err(err!(Codec, "codec '{other}' is unknown, known are {KNOWN}")),
        };
        if let Some(extra) = parts.next() {
            return Err(err!(InvalidArgument, "codec '{text}': '{extra}' is one part too many"));
        }
        if shuffle && matches!(compressor, Compressor::Pcodec(_)) {
            return Err(err!(InvalidArgument, "codec '{text}': pcodec takes numbers, not shuffled bytes"));
        }
        Ok(Self { compressor, shuffle })
    }

    /// About how long compressing a byte takes, on a machine of 2024; only for deciding when to share work.
    #[must_use]
    pub fn nanoseconds_per_byte(&self) -> u64 {
        match &self.compressor {
            Compressor::None => 1,
            Compressor::Lz4 => 2,
            Compressor::Zstd(level) => match level {
                ..=4 => 4,
                5..=9 => 20,
                10..=15 => 80,
                16.. => 300,
            },
            Compressor::Blosc(_) => 4,
            Compressor::Pcodec(_) => 12,
            Compressor::Stream(..) => 60,
        }
    }

    /// zstd at `level`.
    #[must_use]
    pub fn zstd(level: i32) -> Self {
        Self { compressor: Compressor::Zstd(level), shuffle: false }
    }
}

fn level(text: &str, part: Option<&str>, default: i64, low: i64, high: i64) -> Result<i64> {
    let Some(part) = part else { return Ok(default) };
    part.parse()
        .ok()
        .filter(|n| (low..=high).contains(n))
        .ok_or_else(|| err!(InvalidArgument, "codec '{text}': level is '{part}', wanted {low} to {high}"))
}

fn blosc_spec<'a>(text: &str, parts: &mut impl Iterator<Item = &'a str>) -> Result<Blosc> {
    let cname = parts.next().unwrap_or("zstd");
    if !blosc::NAMES.contains(&cname) {
        return Err(err!(
            Codec,
            "codec '{text}': '{cname}' is unknown in blosc, known are {}",
            blosc::NAMES.join(", ")
        ));
    }
    let level = level(text, parts.next(), 5, 0, 9)? as u8;
    let shuffle = match parts.next() {
        Some("noshuffle") => 0,
        None | Some("shuffle") => 1,
        Some("bitshuffle") => 2,
        Some(other) => {
            return Err(err!(InvalidArgument, "codec '{text}': '{other}', known are noshuffle, shuffle, bitshuffle"));
        }
    };
    Ok(Blosc { cname: cname.to_owned(), level, shuffle, blocksize: 0 })
}

/// How a store encodes new arrays: its profile with the options laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The compressor.
    pub codec: CodecSpec,
    /// Whether integers get the delta filter.
    pub delta: bool,
    /// How strings are kept.
    pub strings: StringCodec,
    /// Whether the rest is what every array gets, or only what an array gets whose elements are not known yet.
    pub choice: Choice,
}

impl Encoding {
    /// What a profile means.
    #[must_use]
    pub fn of_profile(profile: Profile) -> Self {
        let strings = if profile == Profile::Hoops { StringCodec::Msgpack2 } else { StringCodec::VlenUtf8 };
        let (codec, delta, choice) = match profile {
            Profile::Default | Profile::Hoops => (CodecSpec::zstd(zstd::DEFAULT_LEVEL), true, Choice::Fixed),
            Profile::Portable => (CodecSpec::zstd(3), false, Choice::Fixed),
            Profile::Fast => (CodecSpec::zstd(3), false, Choice::Fast),
            Profile::Compact => {
                (CodecSpec { shuffle: true, ..CodecSpec::zstd(zstd::DEFAULT_LEVEL) }, true, Choice::Compact)
            }
        };
        Self { codec, delta, strings, choice }
    }

    /// The profile of the options, with `codec` and `delta` where they are given.
    ///
    /// # Errors
    /// Those of [`CodecSpec::parse`].
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut encoding = Self::of_profile(options.profile);
        if let Some(codec) = &options.codec {
            encoding.codec = CodecSpec::parse(codec).map_err(|e| e.context("options"))?;
            encoding.choice = Choice::Fixed;
        }
        encoding.delta = options.delta.unwrap_or(encoding.delta);
        Ok(encoding)
    }

    /// The pipeline of a new array of `dtype`.
    ///
    /// # Errors
    /// Those of [`Pipeline::for_write`].
    pub fn pipeline(&self, dtype: DType) -> Result<Pipeline> {
        Pipeline::for_write(dtype, self.strings, &self.codec, self.delta)
    }
}
