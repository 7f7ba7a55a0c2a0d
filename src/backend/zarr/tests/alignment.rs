//! Where contents lie in an archive: at a multiple of what was asked for, behind extra fields that every reader skips.

use std::io::Read;

use proptest::prelude::*;

use crate::backend::zarr::zip_reader::{Directory, Place, TAIL};
use crate::backend::zarr::zip_writer::ZipWriter;

/// One entry: its name, its content, its alignment.
type Wanted = (String, Vec<u8>, u64);

fn write(entries: &[Wanted], large: u64, many: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut zip = ZipWriter::with_limits(&mut out, large, many);
    for (i, (name, bytes, alignment)) in entries.iter().enumerate() {
        zip.stored(&format!("{i}/"), name, bytes, *alignment).unwrap();
    }
    zip.finish().unwrap();
    out
}

fn number(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// Checks every entry as this library, and another one, reads it.
fn check(entries: &[Wanted], archive: &[u8]) {
    let tail = &archive[archive.len() - archive.len().min(TAIL as usize)..];
    let place =
        Place::find(tail, archive.len() as u64, |at| Ok(archive[at as usize..][..Place::END64 as usize].to_vec()))
            .unwrap();
    let directory = archive[place.start as usize..][..place.length as usize].to_vec();
    let directory = Directory::parse(directory, place).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    assert_eq!(directory.entries().len(), entries.len());
    for (i, (name, bytes, alignment)) in entries.iter().enumerate() {
        let entry = directory.get(&format!("{i}/"), name).unwrap();
        let header = entry.header as usize;
        let (name_length, extra_length) = (number(archive, header + 26), number(archive, header + 28));
        let extra = &archive[header + 30 + name_length..][..extra_length];
        let data = header + 30 + name_length + extra_length;
        assert_eq!(data as u64 % alignment, 0);
        assert_eq!(archive[data..][..bytes.len()], **bytes);
        // Two fields at most, each with its length, and no more room than is needed.
        let mut at = 0;
        while at < extra.len() {
            let (id, length) = (number(extra, at), number(extra, at + 2));
            assert!(id == 1 || (id == 0xd935 && number(extra, at + 4) as u64 == *alignment), "{id:#x}");
            assert!(id == 1 || (length as u64) < alignment + 4);
            at += 4 + length;
        }
        assert_eq!(at, extra.len());
        assert!(*alignment > 1 || !extra.windows(2).any(|id| id == [0x35, 0xd9]));
        let mut read = Vec::new();
        zip.by_name(&format!("{i}/{name}")).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, *bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn contents_lie_where_they_are_wanted(
        entries in prop::collection::vec(("[a-z]{1,70}", prop::collection::vec(any::<u8>(), 0..200), 0u32..10), 1..12),
        large in prop::sample::select(vec![u64::from(u32::MAX), 400, 50, 0]),
        many in prop::sample::select(vec![u64::from(u16::MAX), 3]),
    ) {
        let entries: Vec<Wanted> = entries.into_iter().map(|(name, bytes, shift)| (name, bytes, 1 << shift)).collect();
        check(&entries, &write(&entries, large, many));
    }
}

#[test]
fn every_distance_to_the_next_multiple_is_bridged() {
    for length in 0..140 {
        let entries: Vec<Wanted> = [8, 64, 4096, 1 << 15]
            .into_iter()
            .flat_map(|alignment| [("x".into(), vec![1; length], 1), ("y".into(), vec![2; 9], alignment)])
            .collect();
        check(&entries, &write(&entries, u64::from(u32::MAX), u64::from(u16::MAX)));
    }
}

#[test]
fn contents_beyond_the_buffer_are_aligned_too() {
    let entries: Vec<Wanted> = (0..6).map(|i| (format!("{i}"), vec![i; (13 << 20) + usize::from(i)], 64)).collect();
    check(&entries, &write(&entries, u64::from(u32::MAX), u64::from(u16::MAX)));
}
