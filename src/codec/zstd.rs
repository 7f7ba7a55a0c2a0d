//! zstd: one compression and one decompression context a thread, reused for every chunk.
//!
//! A context at level 12 is megabytes of tables; making one for each of a part's sixty small arrays would cost more
//! than compressing them. Frames carry their content size and a content checksum. Reading accepts frames without a
//! size and several frames in a row, and refuses the formats from before zstd 1.0, which libzstd would otherwise
//! decode with code that nobody hardens any more.

use std::cell::RefCell;

use zstd::zstd_safe::{self, CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

use super::reserve;
use crate::error::{Result, err};

/// The level of the default profile.
pub(super) const DEFAULT_LEVEL: i32 = 12;

/// What every frame starts with.
const MAGIC: u32 = 0xFD2F_B528;
/// What every skippable frame starts with, but for its lowest four bits.
const SKIPPABLE: u32 = 0x184D_2A50;

struct Contexts {
    compress: Option<CCtx<'static>>,
    decompress: Option<DCtx<'static>>,
    #[cfg(test)]
    created: usize,
}

thread_local! {
    static CONTEXTS: RefCell<Contexts> = const {
        RefCell::new(Contexts { compress: None, decompress: None, #[cfg(test)] created: 0 })
    };
}

impl Contexts {
    fn compressor(&mut self) -> Result<&mut CCtx<'static>> {
        if self.compress.is_none() {
            let mut context = CCtx::try_create().ok_or_else(|| err!(NoMemory, "no memory for a zstd context"))?;
            context.set_parameter(CParameter::ChecksumFlag(true)).map_err(refused)?;
            self.compress = Some(context);
            #[cfg(test)]
            {
                self.created += 1;
            }
        }
        self.compress.as_mut().ok_or_else(|| err!(Internal, "no zstd context"))
    }

    fn decompressor(&mut self) -> Result<&mut DCtx<'static>> {
        if self.decompress.is_none() {
            self.decompress = Some(DCtx::try_create().ok_or_else(|| err!(NoMemory, "no memory for a zstd context"))?);
            #[cfg(test)]
            {
                self.created += 1;
            }
        }
        self.decompress.as_mut().ok_or_else(|| err!(Internal, "no zstd context"))
    }
}

/// Runs `work` on this thread's contexts; a thread that is ending has none any more and gets fresh ones.
fn with_contexts<T>(work: impl FnOnce(&mut Contexts) -> Result<T>) -> Result<T> {
    let mut work = Some(work);
    let shared = CONTEXTS.try_with(|cell| {
        let mut contexts = cell.try_borrow_mut().ok()?;
        work.take().map(|work| work(&mut contexts))
    });
    if let Ok(Some(result)) = shared {
        return result;
    }
    let mut fresh = Contexts {
        compress: None,
        decompress: None,
        #[cfg(test)]
        created: 0,
    };
    work.map_or_else(|| Err(err!(Internal, "no zstd context")), |work| work(&mut fresh))
}

/// Compresses `source` as one frame, replacing what is in `out`.
pub(super) fn compress(source: &[u8], level: i32, out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    reserve(out, zstd_safe::compress_bound(source.len()))?;
    with_contexts(|contexts| {
        let context = contexts.compressor()?;
        context.set_parameter(CParameter::CompressionLevel(level)).map_err(refused)?;
        if let Err(code) = context.compress2(out, source) {
            // The session may be left half open; the next chunk must not find it so.
            contexts.compress = None;
            return Err(refused(code));
        }
        Ok(())
    })
}

/// Decompresses every frame of `stored` into `out`, which they must fill exactly.
pub(super) fn decompress_exact(mut stored: &[u8], out: &mut [u8]) -> Result<()> {
    let wanted = out.len();
    let mut filled = 0;
    with_contexts(|contexts| {
        let context = contexts.decompressor()?;
        while !stored.is_empty() {
            check_magic(stored)?;
            let length = zstd_safe::find_frame_compressed_size(stored).map_err(corrupt)?;
            let (frame, rest) = stored.split_at_checked(length).ok_or_else(truncated)?;
            let target = &mut out[filled..];
            let claimed = zstd_safe::get_frame_content_size(frame).ok().flatten();
            if let Some(claimed) = claimed.filter(|claimed| *claimed > target.len() as u64) {
                return Err(err!(Corrupt, "zstd frame claims {claimed} bytes, the chunk has {} left", target.len()));
            }
            let written = context.decompress(target, frame).map_err(corrupt)?;
            filled += written;
            stored = rest;
        }
        Ok(())
    })?;
    if filled != wanted {
        return Err(err!(Corrupt, "zstd data decodes to {filled} bytes, the chunk has {wanted}"));
    }
    Ok(())
}

/// A claimed size up to this many times the stored bytes is believed before anything was decoded.
const PLAUSIBLE_RATIO: usize = 64;

/// Decompresses every frame of `stored` into `out`, which may grow to `limit` bytes.
///
/// A frame of plausible size is decoded at once, which needs no window beside the output. Everything else is streamed,
/// so that memory grows as data arrives.
pub(super) fn decompress_bounded(stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    let size = plausible_size(stored).filter(|size| *size <= limit);
    if let Some(size) = size {
        reserve(out, size)?;
        out.resize(size, 0);
        return decompress_exact(stored, out);
    }
    with_contexts(|contexts| {
        let context = contexts.decompressor()?;
        context.reset(ResetDirective::SessionOnly).map_err(corrupt)?;
        context.set_parameter(DParameter::WindowLogMax(window_log(limit))).map_err(corrupt)?;
        let result = stream(context, stored, limit, out);
        // The buffers of a stream are as large as its window: not worth keeping.
        contexts.decompress = None;
        result
    })
}

/// The largest window of a stream that may decode to so many bytes. One larger than the data serves nobody, but writers
/// who did not know how much would come take the one of their level: up to 8 MiB, which every decoder should have.
fn window_log(limit: usize) -> u32 {
    const EVERY: u32 = 23;
    const MOST: u32 = 27;
    (usize::BITS - limit.leading_zeros()).clamp(EVERY, MOST)
}

/// The size that `stored` claims, if it is one frame and the claim is small.
fn plausible_size(stored: &[u8]) -> Option<usize> {
    check_magic(stored).ok()?;
    let size = usize::try_from(zstd_safe::get_frame_content_size(stored).ok()??).ok()?;
    let alone = zstd_safe::find_frame_compressed_size(stored).ok()? == stored.len();
    (alone && size <= stored.len().saturating_mul(PLAUSIBLE_RATIO)).then_some(size)
}

fn stream(context: &mut DCtx<'static>, stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut input = InBuffer::around(stored);
    let mut at_frame = true;
    loop {
        if at_frame {
            match stored.get(input.pos()..) {
                None | Some([]) => return Ok(()),
                Some(rest) => check_magic(rest)?,
            }
        }
        if out.len() == out.capacity() {
            // One byte beyond the limit is room to notice that the data goes on.
            let size = (2 * out.len()).max(4 * stored.len()).max(256).min(limit.saturating_add(1));
            reserve(out, size)?;
        }
        let before = (input.pos(), out.len());
        let filled = out.len();
        let hint = {
            let mut output = OutBuffer::around_pos(out, filled);
            context.decompress_stream(&mut output, &mut input).map_err(corrupt)?
        };
        if out.len() > limit {
            return Err(err!(Corrupt, "zstd data decodes to more than the {limit} bytes allowed"));
        }
        at_frame = hint == 0;
        if !at_frame && before == (input.pos(), out.len()) && out.len() < out.capacity() {
            return Err(truncated());
        }
    }
}

fn check_magic(frame: &[u8]) -> Result<()> {
    let magic = frame.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(truncated)?;
    if magic == MAGIC || magic & 0xFFFF_FFF0 == SKIPPABLE {
        return Ok(());
    }
    Err(err!(Corrupt, "no zstd frame: it starts with {magic:#010x}"))
}

fn truncated() -> crate::Error {
    err!(Corrupt, "zstd data is truncated")
}

fn corrupt(code: usize) -> crate::Error {
    err!(Corrupt, "zstd: {}", zstd_safe::get_error_name(code).to_lowercase())
}

fn refused(code: usize) -> crate::Error {
    err!(Codec, "zstd: {}", zstd_safe::get_error_name(code).to_lowercase())
}

#[cfg(test)]
pub(super) fn contexts_created() -> usize {
    CONTEXTS.with(|cell| cell.borrow().created)
}
