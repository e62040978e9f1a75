//! Appending to something that can fail half way.

use std::fs::File;
use std::io::{self, Write};

use serde::Deserialize;

use crate::crash::{self, Point};
use crate::sink::disk::classify;
use crate::sink::error::SinkError;

/// When what was written is forced onto the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fsync {
    /// Before each batch is acknowledged: it survives a power cut.
    #[default]
    Batch,
    /// Only when a file is put aside: it survives `kill -9`, and the operating system decides about the rest.
    Never,
}

/// What is written to: a file, or in tests something that breaks.
pub trait Medium {
    /// Appends all bytes, or fails having appended some.
    ///
    /// # Errors
    /// Those of the operating system.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Forces everything onto the disk.
    ///
    /// # Errors
    /// Those of the operating system. What is on the disk is then not known.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts everything off beyond `length_bytes`.
    ///
    /// # Errors
    /// Those of the operating system.
    fn cut(&mut self, length_bytes: u64) -> io::Result<()>;
}

impl Medium for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length_bytes: u64) -> io::Result<()> {
        self.set_len(length_bytes)
    }
}

/// Appends batches, each whole or not at all.
#[derive(Debug)]
pub struct Appender<M> {
    medium: M,
    length_bytes: u64,
    fsync: Fsync,
}

impl<M: Medium> Appender<M> {
    /// Goes on after the `length_bytes` that `medium` holds, all of them whole lines and on disk.
    pub const fn new(medium: M, length_bytes: u64, fsync: Fsync) -> Self {
        Self { medium, length_bytes, fsync }
    }

    /// Bytes held, all of them whole lines.
    pub const fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    /// Appends whole lines.
    ///
    /// # Errors
    /// `Transient` when they do not fit, `Fatal` when it is not known whether they are on the disk. Either way the lines
    /// are cut off again, so that nobody reads what may vanish; should that fail too, the next opening cuts them.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), SinkError> {
        crash::point_after(Point::FileHalfWritten, |part| self.medium.append(&lines[..part.of(lines.len())]));
        if let Err(error) = self.medium.append(lines) {
            crash::point(Point::FileDiskFull);
            self.withdraw();
            return Err(classify("cannot write", &error));
        }
        crash::point(Point::FileWritten);
        if self.fsync == Fsync::Batch {
            self.force()?;
        }
        self.length_bytes += lines.len() as u64;
        Ok(())
    }

    /// Forces everything onto the disk, whatever the settings say.
    ///
    /// # Errors
    /// `Fatal`: the system may have dropped what it could not write, and a second sync would then succeed for nothing
    /// (<https://wiki.postgresql.org/wiki/Fsync_Errors>).
    pub fn force(&mut self) -> Result<(), SinkError> {
        self.medium.sync().map_err(|error| {
            self.withdraw();
            SinkError::Fatal(format!(
                "cannot force the file onto the disk, check the disk, then restart: {error}"
            ))
        })
    }

    fn withdraw(&mut self) {
        if let Err(error) = self.medium.cut(self.length_bytes) {
            tracing::warn!(%error, "cannot cut off half a batch, the next opening will");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    /// A disk with a little room that may refuse to sync.
    struct Broken {
        held: Vec<u8>,
        room_bytes: usize,
        sync: Option<ErrorKind>,
    }

    impl Medium for &mut Broken {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let taken = bytes.len().min(self.room_bytes - self.held.len());
            self.held.extend_from_slice(&bytes[..taken]);
            if taken < bytes.len() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn sync(&mut self) -> io::Result<()> {
            self.sync.map_or(Ok(()), |kind| Err(kind.into()))
        }

        fn cut(&mut self, length_bytes: u64) -> io::Result<()> {
            self.held.truncate(usize::try_from(length_bytes).unwrap());
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_takes_nothing_and_is_tried_again() {
        let mut disk = Broken { held: Vec::new(), room_bytes: 7, sync: None };
        let mut appender = Appender::new(&mut disk, 0, Fsync::Batch);
        appender.append(b"one\n").unwrap();
        assert!(
            matches!(appender.append(b"two\n"), Err(SinkError::Transient(text)) if text.contains("full"))
        );
        assert_eq!(appender.length_bytes(), 4);
        assert_eq!(disk.held, b"one\n");
        disk.room_bytes = 8;
        Appender::new(&mut disk, 4, Fsync::Batch).append(b"two\n").unwrap();
        assert_eq!(disk.held, b"one\ntwo\n");
    }

    #[test]
    fn a_failed_sync_stops_the_sink_and_leaves_nothing_to_believe() {
        let mut disk = Broken { held: Vec::new(), room_bytes: 100, sync: Some(ErrorKind::Other) };
        let outcome = Appender::new(&mut disk, 0, Fsync::Batch).append(b"one\n");
        assert!(matches!(outcome, Err(SinkError::Fatal(_))));
        assert_eq!(disk.held, b"");
    }

    #[test]
    fn without_fsync_a_batch_does_not_wait_for_the_disk() {
        let mut disk = Broken { held: Vec::new(), room_bytes: 100, sync: Some(ErrorKind::Other) };
        Appender::new(&mut disk, 0, Fsync::Never).append(b"one\n").unwrap();
        assert_eq!(disk.held, b"one\n");
    }
}
