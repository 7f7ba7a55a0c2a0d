//! An archive taken apart into its entries and put together again, so that entries can be exchanged, renamed and lost
//! with every CRC-32 of the ZIP file right. Only what the library writes below 4 GB: no 64-bit fields.

/// One entry, its content as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The name in the directory.
    pub name: String,
    /// The name before the content; what readers of this library do not look at.
    pub local_name: String,
    pub method: u16,
    pub crc: u32,
    pub size: u32,
    pub stored: Vec<u8>,
}

const LOCAL: usize = 30;
const HEADER: usize = 46;
const END: usize = 22;
/// The comment that this library writes.
const MARK: &[u8] = b"datastorage";

fn narrow(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn wide(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The entries of an archive that this library wrote.
pub fn parse(bytes: &[u8]) -> Vec<Entry> {
    let end = bytes.len() - END - MARK.len();
    assert_eq!(&bytes[end..end + 4], b"PK\x05\x06", "no archive of this library");
    let mut at = wide(bytes, end + 16) as usize;
    let text = |from: usize, length: usize| String::from_utf8_lossy(&bytes[from..from + length]).into_owned();
    (0..narrow(bytes, end + 10))
        .map(|_| {
            let (stored, name, extra, comment) =
                (wide(bytes, at + 20), narrow(bytes, at + 28), narrow(bytes, at + 30), narrow(bytes, at + 32));
            let local = wide(bytes, at + 42) as usize;
            let data = local + LOCAL + narrow(bytes, local + 26) + narrow(bytes, local + 28);
            let entry = Entry {
                name: text(at + HEADER, name),
                local_name: text(local + LOCAL, narrow(bytes, local + 26)),
                method: narrow(bytes, at + 10) as u16,
                crc: wide(bytes, at + 16),
                size: wide(bytes, at + 24),
                stored: bytes[data..data + stored as usize].to_vec(),
            };
            at += HEADER + name + extra + comment;
            entry
        })
        .collect()
}

/// An archive of entries, in their order, with the mark of this library or without.
pub fn build(entries: &[Entry], marked: bool) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let short = |out: &mut Vec<u8>, values: &[usize]| {
        values.iter().for_each(|value| out.extend_from_slice(&(*value as u16).to_le_bytes()));
    };
    let long = |out: &mut Vec<u8>, values: &[u32]| {
        values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    };
    for entry in entries {
        let (start, stored) = (out.len() as u32, entry.stored.len() as u32);
        let utf8 = 1 << 11;
        out.extend_from_slice(b"PK\x03\x04");
        short(&mut out, &[20, utf8, usize::from(entry.method), 0, 0x21]);
        long(&mut out, &[entry.crc, stored, entry.size]);
        short(&mut out, &[entry.local_name.len(), 0]);
        out.extend_from_slice(entry.local_name.as_bytes());
        out.extend_from_slice(&entry.stored);
        directory.extend_from_slice(b"PK\x01\x02");
        short(&mut directory, &[20, 20, utf8, usize::from(entry.method), 0, 0x21]);
        long(&mut directory, &[entry.crc, stored, entry.size]);
        short(&mut directory, &[entry.name.len(), 0, 0, 0, 0]);
        long(&mut directory, &[0, start]);
        directory.extend_from_slice(entry.name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06");
    short(&mut out, &[0, 0, entries.len(), entries.len()]);
    long(&mut out, &[directory.len() as u32, start]);
    let mark = if marked { MARK } else { &[] };
    short(&mut out, &[mark.len()]);
    out.extend_from_slice(mark);
    out
}
