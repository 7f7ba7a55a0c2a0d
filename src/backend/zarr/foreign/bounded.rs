//! Bytes-to-bytes codecs for the chains of zarrs, with the bounds that its own lack.
//!
//! zarrs hands each codec the size that it must decode to, and its own gzip, bz2 and zstd do not look: they read to the
//! end. [`Bounded`] decodes into exactly that size; where the size is not known (strings), into what the read may still
//! take. [`Whole`] lends zarrs' own codec, but always decodes all of its input: zarrs skips the checksum of crc32c
//! where it reads in parts. [`Lengths`] goes before vlen-utf8, and lets through only what zarrs will not trip over.

use std::borrow::Cow;
use std::sync::Arc;

use zarrs::array::codec::api::{PartialDecoderCapability, PartialEncoderCapability};
use zarrs::array::{
    ArrayBytesRaw, BytesRepresentation, BytesToBytesCodecTraits, CodecError, CodecMetadataOptions, CodecOptions,
    CodecTraits, RecommendedConcurrency,
};
use zarrs::metadata::Configuration;
use zarrs::plugin::{ExtensionName, ZarrVersion};

use super::guard::Budget;
use crate::codec::Decompressor;
use crate::error::{Result, err};

/// A compressor that keeps within the size it is told.
#[derive(Clone, Debug)]
pub struct Bounded {
    pub name: String,
    pub codec: Decompressor,
    pub budget: Arc<Budget>,
}

impl Bounded {
    fn decompress(&self, stored: &[u8], wanted: &BytesRepresentation) -> Result<Vec<u8>> {
        let limit = match wanted {
            BytesRepresentation::FixedSize(size) => {
                let refused = || err!(NoMemory, "{size} bytes cannot be had");
                let length = usize::try_from(*size).map_err(|_| refused())?;
                let mut out = bytemuck::allocation::try_zeroed_slice_box(length).map_err(|()| refused())?.into_vec();
                self.codec.exact(stored, &mut out)?;
                return Ok(out);
            }
            BytesRepresentation::BoundedSize(size) => self.budget.left().min(*size),
            BytesRepresentation::UnboundedSize => self.budget.left(),
        };
        let out = self.codec.bounded(stored, usize::try_from(limit).unwrap_or(usize::MAX))?;
        if !self.budget.take(out.len() as u64) {
            return Err(err!(Corrupt, "more is decoded than max_decoded_bytes allows"));
        }
        Ok(out)
    }
}

impl ExtensionName for Bounded {
    fn name(&self, _version: ZarrVersion) -> Option<Cow<'static, str>> {
        Some(Cow::Owned(self.name.clone()))
    }
}

/// Another codec, never asked to decode in parts.
#[derive(Clone, Debug)]
pub struct Whole(pub Arc<dyn BytesToBytesCodecTraits>);

impl ExtensionName for Whole {
    fn name(&self, version: ZarrVersion) -> Option<Cow<'static, str>> {
        self.0.name(version)
    }
}

/// Changes nothing, and refuses what is not a count and that many lengths, each followed by as many bytes.
#[derive(Clone, Copy, Debug)]
pub struct Lengths;

impl Lengths {
    fn check(bytes: &[u8]) -> Option<()> {
        let (count, mut rest) = bytes.split_first_chunk::<4>()?;
        for _ in 0..u32::from_le_bytes(*count) {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            rest = behind.get(u32::from_le_bytes(*length) as usize..)?;
        }
        Some(())
    }
}

impl ExtensionName for Lengths {
    fn name(&self, _version: ZarrVersion) -> Option<Cow<'static, str>> {
        None
    }
}

/// What all say of themselves: decoding wants the whole input and gives the whole output; nothing is encoded.
macro_rules! reads_whole {
    ($codec:ty) => {
        impl CodecTraits for $codec {
            fn as_any(&self) -> &dyn std::any::Any {
                self
            }

            fn configuration(&self, _: ZarrVersion, _: &CodecMetadataOptions) -> Option<Configuration> {
                None
            }

            fn partial_decoder_capability(&self) -> PartialDecoderCapability {
                PartialDecoderCapability { partial_read: false, partial_decode: false }
            }

            fn partial_encoder_capability(&self) -> PartialEncoderCapability {
                PartialEncoderCapability { partial_encode: false }
            }
        }
    };
}

reads_whole!(Bounded);
reads_whole!(Whole);
reads_whole!(Lengths);

impl BytesToBytesCodecTraits for Bounded {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn BytesToBytesCodecTraits> {
        self
    }

    fn recommended_concurrency(&self, _: &BytesRepresentation) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }

    /// No compressor that is read makes incompressible bytes longer than this.
    fn encoded_representation(&self, decoded: &BytesRepresentation) -> BytesRepresentation {
        let longest = |size: u64| size.saturating_add(size / 8).saturating_add(1 << 16);
        decoded
            .size()
            .map_or(BytesRepresentation::UnboundedSize, |size| BytesRepresentation::BoundedSize(longest(size)))
    }

    fn encode<'a>(&self, _: ArrayBytesRaw<'a>, _: &CodecOptions) -> Result<ArrayBytesRaw<'a>, CodecError> {
        Err(CodecError::Other("format 3 is only read".into()))
    }

    fn decode<'a>(
        &self,
        stored: ArrayBytesRaw<'a>,
        wanted: &BytesRepresentation,
        _: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        let out = self.decompress(&stored, wanted);
        out.map(Cow::Owned).map_err(|e| CodecError::Other(e.message().to_owned()))
    }
}

impl BytesToBytesCodecTraits for Lengths {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn BytesToBytesCodecTraits> {
        self
    }

    fn recommended_concurrency(&self, _: &BytesRepresentation) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }

    fn encoded_representation(&self, decoded: &BytesRepresentation) -> BytesRepresentation {
        *decoded
    }

    fn encode<'a>(&self, _: ArrayBytesRaw<'a>, _: &CodecOptions) -> Result<ArrayBytesRaw<'a>, CodecError> {
        Err(CodecError::Other("format 3 is only read".into()))
    }

    fn decode<'a>(
        &self,
        stored: ArrayBytesRaw<'a>,
        _: &BytesRepresentation,
        _: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        let damaged = || CodecError::Other("the length of a string leaves the chunk".into());
        Self::check(&stored).ok_or_else(damaged).map(|()| stored)
    }
}

impl BytesToBytesCodecTraits for Whole {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn BytesToBytesCodecTraits> {
        self
    }

    fn recommended_concurrency(&self, decoded: &BytesRepresentation) -> Result<RecommendedConcurrency, CodecError> {
        self.0.recommended_concurrency(decoded)
    }

    fn encoded_representation(&self, decoded: &BytesRepresentation) -> BytesRepresentation {
        self.0.encoded_representation(decoded)
    }

    fn encode<'a>(&self, _: ArrayBytesRaw<'a>, _: &CodecOptions) -> Result<ArrayBytesRaw<'a>, CodecError> {
        Err(CodecError::Other("format 3 is only read".into()))
    }

    fn decode<'a>(
        &self,
        stored: ArrayBytesRaw<'a>,
        wanted: &BytesRepresentation,
        options: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        self.0.decode(stored, wanted, options)
    }
}
