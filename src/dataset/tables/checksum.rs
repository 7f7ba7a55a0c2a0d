//! The CRC-32 that a table carries of its own bytes, as eight digits in its key-value metadata.
//!
//! It is computed with the digits as zeros. A table without it was written by another tool, which also puts its own name
//! into `created_by`: one that says this library wrote it must have a checksum, and the right one.

/// The key of the digits.
pub const KEY: &str = "datastorage.crc32";
/// The digits before they are known.
pub const ZEROS: &str = "00000000";
/// What `created_by` of our tables begins with.
pub const CREATOR: &str = "datastorage version ";
/// What follows the key in the footer: the next field is a text of eight bytes.
const MARK: &[u8] = b"datastorage.crc32\x18\x08";

/// Puts the checksum into the bytes of a table; `false` where there is no place for it.
pub fn seal(bytes: &mut [u8]) -> bool {
    let Some(at) = digits(bytes) else { return false };
    let text = format!("{:08x}", sum(bytes, at));
    bytes[at..at + ZEROS.len()].copy_from_slice(text.as_bytes());
    true
}

/// Whether the bytes are what was written, as far as the table can tell.
pub fn holds(bytes: &[u8]) -> bool {
    let Some(footer) = footer(bytes) else { return false };
    let ours = position(&bytes[footer..], CREATOR.as_bytes()).is_some();
    match digits(bytes) {
        Some(at) if ours => format!("{:08x}", sum(bytes, at)).as_bytes() == &bytes[at..at + ZEROS.len()],
        _ => !ours,
    }
}

fn sum(bytes: &[u8], at: usize) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..at]);
    hasher.update(ZEROS.as_bytes());
    hasher.update(&bytes[at + ZEROS.len()..]);
    hasher.finalize()
}

/// Where the digits are.
fn digits(bytes: &[u8]) -> Option<usize> {
    let footer = footer(bytes)?;
    let at = footer + position(&bytes[footer..], MARK)? + MARK.len();
    (at + ZEROS.len() + 8 <= bytes.len()).then_some(at)
}

/// Where the footer begins: its length and `PAR1` end the file.
fn footer(bytes: &[u8]) -> Option<usize> {
    let (rest, magic) = bytes.split_last_chunk::<4>()?;
    let (rest, length) = rest.split_last_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.len().checked_sub(length).filter(|_| magic == b"PAR1")
}

/// The last place of a text: the key-value metadata come behind whatever a column may hold.
fn position(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).rposition(|window| window == text)
}
