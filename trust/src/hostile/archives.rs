//! Archives that lie about themselves: names that lead out, sizes, places, counts, links, flags.

use serde_json::json;

use super::zip::{End, Entry, write};
use super::{Form, deed, one_of, right_chunks, v2, v3, zarr_json, zarray};

/// The deeds, by name.
const DEEDS: &[&str] = &[
    "escaping names",
    "links",
    "sizes",
    "places",
    "count",
    "directory in itself",
    "wide",
    "flags",
    "descriptor",
    "duplicates",
    "cases",
    "comment",
    "bomb",
    "local names",
    "extra fields",
    "no UTF-8",
    "many",
    "overlap",
    "record twice",
    "parts",
    "before",
];

const NAMES: &[&str] = &[
    "../x",
    "../../outside/secret",
    "/etc/passwd",
    "C:\\x",
    "C:x",
    "\\\\host\\share",
    "a/../../x",
    "a/..",
    "..",
    ".",
    "a/./0",
    "a//0",
    "//a/0",
    "a/../.zgroup",
    "a\\0",
    "..\\..\\x",
    "a/\u{0}",
    "\u{0}",
    "",
    "a/",
    "/",
    "a/0/",
    "metadata.json/..",
    "./metadata.json",
    "a/0\n",
    "a/\u{1b}[2J",
    "outside",
    "inner/../../secret.json",
];

const NUMBERS: &[u64] = &[
    0,
    1,
    22,
    30,
    46,
    47,
    100,
    0xFFFE,
    0xFFFF,
    0x1_0000,
    4_000_000,
    0x7FFF_FFFF,
    0xFFFF_FFFE,
    0xFFFF_FFFF,
    1 << 32,
    1 << 62,
    u64::MAX - 30,
    u64::MAX,
];

/// The bytes of an archive, what was done to it, and how it is opened.
pub fn case(random: &mut fastrand::Rng, number: u64) -> (String, Vec<u8>, Form) {
    let mut files = match random.bool() {
        true => v2(&zarray(), right_chunks(2)),
        false => v3(&zarr_json(), right_chunks(3)),
    };
    files.push(("metadata.json".to_owned(), b"{\"user\": 1}".to_vec()));
    let mut entries: Vec<Entry> = files.iter().map(|(name, bytes)| Entry::of(name.as_bytes(), bytes)).collect();
    let mut end = End::default();
    let mut what = Vec::new();
    let first = *deed(random, number, DEEDS);
    let more = if number < DEEDS.len() as u64 { 0 } else { random.usize(..3) };
    let deeds: Vec<&str> = std::iter::once(first).chain((0..more).map(|_| *one_of(random, DEEDS))).collect();
    for name in deeds {
        let text = apply(random, name, &mut entries, &mut end);
        what.push(format!("{name}: {text}"));
    }
    let mut bytes = write(&entries, &end);
    if random.u8(..10) == 0 {
        let at = random.usize(..bytes.len());
        bytes.truncate(at);
        what.push(format!("cut at {at}"));
    }
    let form = *one_of(random, &[Form::Archive, Form::Memory, Form::Mapped]);
    (what.join("; "), bytes, form)
}

fn apply(random: &mut fastrand::Rng, deed: &str, entries: &mut Vec<Entry>, end: &mut End) -> String {
    let at = random.usize(..entries.len());
    let number = *one_of(random, NUMBERS);
    match deed {
        "escaping names" => {
            let mut name = (*one_of(random, NAMES)).to_owned();
            if random.u8(..3) == 0 {
                name = format!("{name}/.zarray");
            }
            let bytes = if name.ends_with(".zarray") { zarray().to_string().into_bytes() } else { super::chunk(8) };
            entries.push(Entry::of(name.as_bytes(), &bytes));
            name
        }
        "links" => {
            // What unpackers take for a symbolic link.
            let (name, target) = (*one_of(random, &["a", "b", "a/0", "metadata.json"]), *one_of(random, NAMES));
            let attributes = 0o120_777 << 16;
            entries.push(Entry { attributes, ..Entry::of(name, target.as_bytes()) });
            format!("{name} -> {target}")
        }
        "sizes" => {
            let entry = &mut entries[at];
            match random.u8(..3) {
                0 => entry.size = number,
                1 => entry.compressed = number,
                _ => (entry.size, entry.compressed) = (number, number),
            }
            format!("{number} of entry {at}")
        }
        "places" => {
            entries[at].offset = Some(number);
            format!("entry {at} at {number}")
        }
        "count" => {
            end.entries = Some(number);
            format!("{number} entries")
        }
        "directory in itself" => {
            match random.u8(..3) {
                0 => end.start = Some(number),
                1 => end.size = Some(number),
                _ => (end.start, end.size) = (Some(number), Some(number)),
            }
            format!("{:?} bytes at {:?}", end.size, end.start)
        }
        "wide" => {
            let mut lie = || *one_of(random, NUMBERS);
            end.wide = Some([lie(), lie(), lie()]);
            (end.entries, end.start) = (Some(u64::MAX), Some(u64::MAX));
            if random.bool() {
                end.wide_at = Some(*one_of(random, NUMBERS));
            }
            format!("{:?} at {:?}", end.wide, end.wide_at)
        }
        "flags" => {
            entries[at].flags = *one_of(random, &[1, 8, 1 << 6, 1 << 13, u16::MAX]);
            entries[at].method = *one_of(random, &[0, 0, 1, 8, 9, 12, 14, 93, 99, u16::MAX]);
            format!("{:x}, method {} of entry {at}", entries[at].flags, entries[at].method)
        }
        "descriptor" => {
            let entry = &mut entries[at];
            entry.flags |= 8;
            entry.stored.extend(b"PK\x07\x08");
            entry.stored.extend([0; 12]);
            format!("behind entry {at}")
        }
        "duplicates" => {
            let mut twin = entries[at].clone();
            twin.stored.iter_mut().for_each(|byte| *byte ^= u8::from(random.u8(..9) == 0));
            twin.crc = crc32fast::hash(&twin.stored);
            entries.push(twin);
            format!("of entry {at}")
        }
        "cases" => {
            let mut twin = entries[at].clone();
            twin.name = twin.name.to_ascii_uppercase();
            entries.push(twin);
            format!("entry {at} in capitals")
        }
        "comment" => {
            end.comment = match random.u8(..3) {
                0 => b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
                1 => b"PK\x05\x06".repeat(16_000),
                _ => vec![b'x'; 0xFFFF],
            };
            format!("{} bytes", end.comment.len())
        }
        "bomb" => {
            let name = String::from_utf8_lossy(&entries[at].name).into_owned();
            // Blocks of 65535 stored zeros would be no bomb; one byte that is copied again and again is.
            let claims = *one_of(random, &[number, 16 << 20, 64 << 20, 1 << 33]);
            entries[at] = Entry::deflated(&name, deflated_zeros(), claims, 0);
            format!("'{name}' claims {claims} bytes")
        }
        "local names" => {
            entries[at].local_name = Some(one_of(random, NAMES).as_bytes().to_vec());
            format!("of entry {at}")
        }
        "extra fields" => {
            let length = *one_of(random, &[0u16, 4, 8, 24, 32, u16::MAX]);
            let mut extra = [1u16.to_le_bytes(), length.to_le_bytes()].concat();
            (0..random.usize(..5)).for_each(|_| extra.extend(one_of(random, NUMBERS).to_le_bytes()));
            (entries[at].extra, entries[at].size, entries[at].compressed) = (extra, u64::MAX, u64::MAX);
            entries[at].offset = if random.bool() { Some(u64::MAX) } else { None };
            format!("of {length} bytes in entry {at}")
        }
        "no UTF-8" => {
            let place = random.usize(..=entries[at].name.len());
            entries[at].name.insert(place, *one_of(random, &[0x80, 0xc0, 0xff, 0xed]));
            entries[at].flags = 0;
            format!("in entry {at}")
        }
        "many" => {
            let count = *one_of(random, &[1000usize, 20_000, 30_000]);
            // All calls that read look at all of them, in one second together.
            let deep = count < 30_000 && random.bool();
            entries.extend((0..count).map(|index| {
                let name = if deep {
                    format!("{}/{index}/.zgroup", "g/".repeat(index % 100))
                } else {
                    format!("{index}/.zgroup")
                };
                Entry::of(name, b"")
            }));
            end.wide = None;
            format!("{count} entries")
        }
        "overlap" => {
            // Every entry says that it begins where this one does.
            entries.iter_mut().for_each(|entry| entry.offset = Some(0));
            "all at 0".into()
        }
        "record twice" => {
            let document = json!({"_datastorage": {"format": 1, "record": {"a": 1}, "record ": {}}}).to_string();
            entries.push(Entry::of("metadata.json", document.replace("record ", "record").as_bytes()));
            "metadata.json names it twice".into()
        }
        "parts" => {
            end.disks = Some(random.u16(..));
            format!("part {:?}", end.disks)
        }
        _ => {
            end.before = random.usize(1..5000);
            format!("{} bytes", end.before)
        }
    }
}

/// 64 MiB of zeros, deflated by hand: one literal, then copies of 258 bytes at distance 1, in 13 bits each.
fn deflated_zeros() -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, fixed codes.
    bits.put(0b011, 3);
    // The literal 0: code 00110000, most significant bit first.
    bits.put(0b0000_1100, 8);
    for _ in 0..(64 << 20) / 258 {
        // Length 258: code 285, 11000101; distance 1: code 0, 00000.
        bits.put(0b1010_0011, 8);
        bits.put(0, 5);
    }
    bits.put(0, 7);
    bits.finish()
}

#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.held |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.out
    }
}
