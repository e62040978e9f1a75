//! Looks for keys in whatever a daemon left behind.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;
use std::path::Path;

use super::keys;

/// Characters of a key that are a leak: half a key shown is no key hidden.
const PIECE: usize = 10;
/// The shortest way to write them: base64 of two whole groups.
const SHORTEST: usize = 8;

/// What is left of a key that somebody repeated, and of a line that somebody forged.
const MARKS: [&[u8]; 2] = [b"[hidden]", b"blocktap: forged"];

/// How much was searched.
#[derive(Default)]
pub struct Tally {
    texts: usize,
    bytes: usize,
    /// Texts that repeat what a parrot said, harmless or not.
    pub repeating: usize,
    /// Texts that complain of a provider.
    pub complaining: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.texts += more.texts;
        self.bytes += more.bytes;
        self.repeating += more.repeating;
        self.complaining += more.complaining;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} files and pages of {} MB searched", self.texts, self.bytes / 1_000_000)
    }
}

impl Tally {
    /// Searches one text.
    ///
    /// # Panics
    /// When a piece of a key is in it.
    pub fn search(&mut self, what: &str, text: &[u8]) {
        let found = leaks(text);
        assert!(found.is_empty(), "{what} tells {}", found.join("\n"));
        self.texts += 1;
        self.bytes += text.len();
        let has = |words: &[u8]| text.windows(words.len()).any(|part| part == words);
        self.repeating += usize::from(MARKS.into_iter().any(has));
        self.complaining += usize::from(has(b"provider cannot be used"));
    }

    /// Searches every file below a folder but `known`, which holds the keys because that is where they come from.
    pub fn search_folder(&mut self, folder: &Path, known: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                self.search_folder(&path, known);
            } else if path != known {
                self.search(&path.display().to_string(), &std::fs::read(&path).unwrap());
            }
        }
    }
}

/// Every place where a piece of a key stands, with what is around it.
fn leaks(text: &[u8]) -> Vec<String> {
    let (pieces, lower) = (pieces(), text.to_ascii_lowercase());
    let begins: BTreeSet<[u8; 2]> = pieces.iter().map(|piece| [piece[0], piece[1]]).collect();
    let mut likely = vec![false; 1 << 16];
    begins.into_iter().for_each(|two| likely[usize::from(u16::from_be_bytes(two))] = true);
    let found = lower.windows(SHORTEST).enumerate().filter(|(at, here)| {
        likely[usize::from(u16::from_be_bytes([here[0], here[1]]))]
            && pieces
                .range(here.to_vec()..)
                .take_while(|piece| piece.starts_with(here))
                .any(|piece| lower[*at..].starts_with(piece))
    });
    let around = |(at, _): (usize, &[u8])| {
        String::from_utf8_lossy(&text[at.saturating_sub(200)..text.len().min(at + 60)]).into_owned()
    };
    found.take(3).map(around).collect()
}

/// Every run of [`PIECE`] characters of every key, in every way to write it, in lower case.
fn pieces() -> BTreeSet<Vec<u8>> {
    // What makes it this key, without the word that all of them begin with.
    let own = keys::ALL.map(|key| key.split_once('_').unwrap().1.as_bytes());
    let pieces = own.iter().flat_map(|own| own.windows(PIECE)).flat_map(written);
    pieces.map(|piece| piece.to_ascii_lowercase().into_bytes()).collect()
}

/// As it is, hexadecimal, percent-encoded, as a list of bytes, and in base64 wherever its groups begin.
fn written(piece: &[u8]) -> Vec<String> {
    let listed: Vec<String> = piece.iter().map(u8::to_string).collect();
    let mut written = vec![
        String::from_utf8_lossy(piece).into_owned(),
        hex::encode(piece),
        piece.iter().map(|byte| format!("%{byte:02x}")).collect(),
        listed.join(", "),
        listed.join(","),
    ];
    written.extend((0..3).map(|skip| base64(&piece[skip..])));
    written
}

/// Whole groups of three bytes only: how the rest is written depends on what follows. Source: RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(SIGNS[bits >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

/// The search is searched itself: every way to write every key is planted, and must be found.
pub fn proves_that_it_finds() {
    for key in keys::ALL {
        for planted in [
            key.to_owned(),
            key.to_uppercase(),
            key[12..].to_owned(),
            hex::encode(key),
            key.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            format!("{:?}", key.as_bytes()),
            base64(format!("u:{key}xx").as_bytes()),
            base64(format!("us:{key}xx").as_bytes()),
            base64(format!("use:{key}xx").as_bytes()),
        ] {
            assert!(!leaks(format!("2030 TRACE h: x={planted}\n").as_bytes()).is_empty(), "{planted}");
        }
    }
    assert_eq!(base64(b"user:pass!!!"), "dXNlcjpwYXNzISEh");
    assert_eq!(
        leaks(b"2030 TRACE h: address=http://127.0.0.1 CANARY 0123456789abcdef"),
        Vec::<String>::new()
    );
}
