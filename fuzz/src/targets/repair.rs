//! Puts right the checksums of a ZIP file, so that what is altered in it gets past them.

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
}

/// Gives every stored entry that can be found the CRC-32 of its bytes.
pub fn checksums(bytes: &mut [u8]) {
    let end = bytes.windows(4).rposition(|four| four == b"PK\x05\x06");
    let Some(mut at) = end.and_then(|end| long(bytes, end + 16)) else { return };
    while let Some(next) = entry(bytes, at) {
        at = next;
    }
}

/// Puts right the entry of the directory at a place, and gives that of the next.
fn entry(bytes: &mut [u8], at: usize) -> Option<usize> {
    if bytes.get(at..at.checked_add(46)?)?.first_chunk() != Some(b"PK\x01\x02") {
        return None;
    }
    let next = at + 46 + short(bytes, at + 28)? + short(bytes, at + 30)? + short(bytes, at + 32)?;
    let header = long(bytes, at + 42)?;
    let names = short(bytes, header.checked_add(26)?).zip(short(bytes, header + 28));
    let data = names.map(|(name, extra)| header + 30 + name + extra);
    let found = data.and_then(|start| bytes.get(start..start.checked_add(long(bytes, at + 20)?)?)).map(crc32fast::hash);
    if let (Some(0), Some(crc)) = (short(bytes, at + 10), found) {
        bytes[at + 16..at + 20].copy_from_slice(&crc.to_le_bytes());
    }
    Some(next)
}
