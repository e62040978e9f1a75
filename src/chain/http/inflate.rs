//! Inflating an answer while it comes in.
//!
//! **Why not the HTTP library.** It hides how long the compressed answer is, and so whether a few kilobytes are about to become
//! the whole limit. Here both lengths are seen, and the checksum at the end is asked for: an answer without it is not whole.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzDecoder;

/// How many times its length an answer may inflate to. JSON of blocks reaches 20; a chain can be made to hold blocks that
/// reach more, which is why whoever asked may ask again for the uncompressed answer.
const MOST_TIMES: usize = 200;

/// From which length on that is looked at: a short answer does no harm.
const HARMLESS_BYTES: usize = 1024 * 1024;

/// An answer that is being inflated.
pub(super) struct Inflating {
    decoder: GzDecoder<Bounded>,
}

/// Why an answer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoiled {
    /// It inflates beyond the limit.
    TooLong,
    /// It inflates to more than [`MOST_TIMES`] its length.
    Bomb,
    /// It is no gzip, damaged, or cut short.
    Broken,
}

/// What was inflated so far, within bounds.
struct Bounded {
    inflated: Vec<u8>,
    compressed_bytes: usize,
    max_bytes: usize,
    spoiled: Spoiled,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let length = self.inflated.len() + piece.len();
        if length > self.max_bytes {
            self.spoiled = Spoiled::TooLong;
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        if length > HARMLESS_BYTES && length > self.compressed_bytes.saturating_mul(MOST_TIMES) {
            self.spoiled = Spoiled::Bomb;
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.make_room(length);
        self.inflated.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bounded {
    /// Doubles, as a vector would by itself, but never beyond the limit.
    fn make_room(&mut self, length: usize) {
        if length > self.inflated.capacity() {
            let room = (length * 2).min(self.max_bytes);
            self.inflated.reserve_exact(room - self.inflated.len());
        }
    }
}

impl Inflating {
    /// An answer that may become `max_bytes` long.
    pub fn new(max_bytes: usize) -> Self {
        let bounded =
            Bounded { inflated: Vec::new(), compressed_bytes: 0, max_bytes, spoiled: Spoiled::Broken };
        Self { decoder: GzDecoder::new(bounded) }
    }

    /// A piece of it came.
    ///
    /// # Errors
    /// When nothing more of it is wanted.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Spoiled> {
        self.decoder.get_mut().compressed_bytes += piece.len();
        self.decoder.write_all(piece).map_err(|_| self.decoder.get_ref().spoiled)
    }

    /// The whole of it, in memory of its own length.
    ///
    /// # Errors
    /// When its end is missing, or its checksum is another.
    pub fn finish(mut self) -> Result<Bytes, Spoiled> {
        if self.decoder.try_finish().is_err() {
            return Err(self.decoder.get_ref().spoiled);
        }
        Ok(std::mem::take(&mut self.decoder.get_mut().inflated).into_boxed_slice().into())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(compressed: &[u8], piece: usize, max_bytes: usize) -> Result<Bytes, Spoiled> {
        let mut inflating = Inflating::new(max_bytes);
        compressed.chunks(piece).try_for_each(|piece| inflating.push(piece))?;
        inflating.finish()
    }

    /// Bytes that compress about as well as a block does.
    fn ordinary(length: usize) -> Vec<u8> {
        (0..length).map(|at| b'a' + (at.wrapping_mul(2_654_435_761) >> 13) as u8 % 16).collect()
    }

    #[test]
    fn a_bomb_is_found_out_before_it_fills_the_limit() {
        let bomb = gzip(&vec![b' '; 32 << 20]);
        let mut inflating = Inflating::new(32 << 20);
        let found = bomb.chunks(1024).try_for_each(|piece| inflating.push(piece));
        assert_eq!(found, Err(Spoiled::Bomb));
        assert!(inflating.decoder.get_ref().inflated.capacity() <= 4 << 20);
    }

    #[test]
    fn an_answer_beyond_the_limit_is_stopped_at_it() {
        let long = ordinary(3 << 20);
        let mut inflating = Inflating::new(2 << 20);
        let stopped = gzip(&long).chunks(4096).try_for_each(|piece| inflating.push(piece));
        assert_eq!(stopped, Err(Spoiled::TooLong));
        assert!(inflating.decoder.get_ref().inflated.capacity() <= 2 << 20);
    }

    #[test]
    fn a_short_answer_may_compress_as_well_as_it_likes() {
        let zeros = vec![b'0'; HARMLESS_BYTES];
        assert_eq!(inflate(&gzip(&zeros), 512, 2 << 20).unwrap(), zeros);
    }

    #[test]
    fn nothing_stays_nothing() {
        assert_eq!(inflate(&gzip(b""), 1, 1 << 20), Ok(Bytes::new()));
    }

    #[test]
    fn what_is_no_gzip_is_broken() {
        assert_eq!(inflate(br#"{"jsonrpc":"2.0","id":1,"result":1}"#, 7, 1 << 20), Err(Spoiled::Broken));
        assert_eq!(inflate(b"", 1, 1 << 20), Err(Spoiled::Broken));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter_and_no_room_is_left_over(length in 1_usize..5000, piece in 1_usize..600) {
            let bytes = ordinary(length);
            let inflated = inflate(&gzip(&bytes), piece, 1 << 20).unwrap();
            prop_assert_eq!(&inflated, &bytes);
            prop_assert_eq!(inflated.try_into_mut().unwrap().capacity(), bytes.len());
        }

        #[test]
        fn a_cut_anywhere_is_noticed(length in 0_usize..2000, cut in 1_usize..40, piece in 1_usize..600) {
            let mut compressed = gzip(&ordinary(length));
            compressed.truncate(compressed.len().saturating_sub(cut));
            prop_assert_eq!(inflate(&compressed, piece, 1 << 20), Err(Spoiled::Broken));
        }
    }
}
