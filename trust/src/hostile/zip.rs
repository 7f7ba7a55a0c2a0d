//! ZIP archives that say of themselves whatever they are told to say.

/// One entry: what is stored, and what the headers claim.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: Vec<u8>,
    /// The name in the local header, where it differs.
    pub local_name: Option<Vec<u8>>,
    pub stored: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub crc: u32,
    pub size: u64,
    pub compressed: u64,
    /// Where the directory says that it begins; where it does, without.
    pub offset: Option<u64>,
    /// The extra field of the directory.
    pub extra: Vec<u8>,
    /// External attributes: the mode of Unix in the upper half.
    pub attributes: u32,
}

impl Entry {
    /// One that is right.
    pub fn of(name: impl Into<Vec<u8>>, bytes: &[u8]) -> Self {
        let (size, crc) = (bytes.len() as u64, crc32fast::hash(bytes));
        Self {
            name: name.into(),
            local_name: None,
            stored: bytes.to_vec(),
            method: 0,
            flags: 0x800,
            crc,
            size,
            compressed: size,
            offset: None,
            extra: Vec::new(),
            attributes: 0o100_644 << 16,
        }
    }

    /// Deflated bytes of which `size` and `crc` are claimed.
    pub fn deflated(name: &str, stored: Vec<u8>, size: u64, crc: u32) -> Self {
        Self { compressed: stored.len() as u64, stored, method: 8, size, crc, ..Self::of(name, b"") }
    }
}

/// What the end of the directory says; the truth where nothing is set.
#[derive(Clone, Debug, Default)]
pub struct End {
    pub entries: Option<u64>,
    pub size: Option<u64>,
    pub start: Option<u64>,
    pub disks: Option<u16>,
    pub comment: Vec<u8>,
    /// With a 64-bit end and locator, which say this of count, size and start, at this place.
    pub wide: Option<[u64; 3]>,
    pub wide_at: Option<u64>,
    /// The local headers end behind this many bytes of nothing.
    pub before: usize,
}

fn narrow(value: u64) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

/// The bytes of an archive.
pub fn write(entries: &[Entry], end: &End) -> Vec<u8> {
    let mut out = vec![0; end.before];
    let mut directory = Vec::new();
    for entry in entries {
        let at = out.len() as u64;
        let local = entry.local_name.as_ref().unwrap_or(&entry.name);
        out.extend(b"PK\x03\x04\x14\x00");
        header(&mut out, entry);
        out.extend((local.len() as u16).to_le_bytes());
        out.extend([0; 2]);
        out.extend(local);
        out.extend(&entry.stored);
        directory.extend(b"PK\x01\x02\x14\x03\x14\x00");
        header(&mut directory, entry);
        directory.extend((entry.name.len() as u16).to_le_bytes());
        directory.extend((entry.extra.len() as u16).to_le_bytes());
        directory.extend([0; 6]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(narrow(entry.offset.unwrap_or(at)));
        directory.extend(&entry.name);
        directory.extend(&entry.extra);
    }
    let start = out.len() as u64;
    out.extend(&directory);
    if let Some(wide) = end.wide {
        let at = end.wide_at.unwrap_or(out.len() as u64);
        out.extend(b"PK\x06\x06");
        out.extend(44u64.to_le_bytes());
        out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        [wide[0], wide[0], wide[1], wide[2]].iter().for_each(|value| out.extend(value.to_le_bytes()));
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(at.to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    let count = u16::try_from(end.entries.unwrap_or(entries.len() as u64)).unwrap_or(u16::MAX);
    out.extend(b"PK\x05\x06");
    out.extend(end.disks.unwrap_or(0).to_le_bytes());
    out.extend([0; 2]);
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend(narrow(end.size.unwrap_or(directory.len() as u64)));
    out.extend(narrow(end.start.unwrap_or(start)));
    out.extend((end.comment.len() as u16).to_le_bytes());
    out.extend(&end.comment);
    out
}

/// What both headers of an entry have in common.
fn header(out: &mut Vec<u8>, entry: &Entry) {
    out.extend(entry.flags.to_le_bytes());
    out.extend(entry.method.to_le_bytes());
    out.extend([0, 0, 0x21, 0x58]);
    out.extend(entry.crc.to_le_bytes());
    out.extend(narrow(entry.compressed));
    out.extend(narrow(entry.size));
}

/// An archive of files as they are.
pub fn of_files(files: &super::Files) -> Vec<u8> {
    let entries: Vec<Entry> = files.iter().map(|(name, bytes)| Entry::of(name.as_bytes(), bytes)).collect();
    write(&entries, &End::default())
}
