//! One opened file: what it holds, and how it grows.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::appender::{Appender, Fsync};
use super::recovery::{Recovered, recover};
use super::rotation::{aside, set_aside, sync_folder};
use crate::core::chain_id::ChainId;
use crate::core::event::{Envelope, Event, Step, Tail};
use crate::core::numbers::Seq;
use crate::crash::{self, Point};
use crate::sink::Position;
use crate::sink::disk::{classify, make_folder};
use crate::sink::error::SinkError;
use crate::sink::standing::Standing;

/// What a file is opened for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that is written to.
    pub path: PathBuf,
    /// The size at which it is put aside.
    pub rotate_bytes: Option<u64>,
    /// When it is forced onto the disk.
    pub fsync: Fsync,
    /// Whose events it takes.
    pub stream: ChainId,
}

/// The file that is written to. While it lives, it holds a lock on it.
pub struct Writer {
    settings: Settings,
    appender: Appender<File>,
    standing: Standing,
    tail: Option<Tail>,
}

impl Writer {
    /// Opens or makes the file, locks it, and cuts off what a crash left behind its last whole event.
    ///
    /// # Errors
    /// `Transient` while somebody else writes to it; `Fatal` when a person must act.
    pub fn open(settings: Settings) -> Result<Self, SinkError> {
        let path = settings.path.as_path();
        let (file, standing, found) = open_whole(path).map_err(|error| at(path, &error))?;
        let last = match found.last {
            Some(last) => Some(last),
            None => last_set_aside(path).map_err(|error| at(path, &error))?,
        };
        if let Some(other) = last.as_ref().filter(|last| last.stream != settings.stream) {
            return Err(SinkError::Fatal(format!(
                "{} holds {}, not {}: put {{chain}} into the path, or choose another",
                path.display(),
                other.stream,
                settings.stream
            )));
        }
        let tail = last.map(|last| Tail { seq: last.seq, id: last.id });
        let appender = Appender::new(file, found.length_bytes, settings.fsync);
        Ok(Self { settings, appender, standing, tail })
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.tail.map_or(Position::Empty, |Tail { seq, id }| Position::After { seq, id })
    }

    /// Appends events that follow its position and end at `tail`; puts the file aside first if it is full.
    ///
    /// # Errors
    /// `Fatal` when the file was moved away; else see [`Appender::append`]. The writer is then to be opened again.
    pub fn append(&mut self, events: &[Arc<Event>], tail: Tail) -> Result<(), SinkError> {
        self.standing.holds(&self.settings.path)?;
        let length_bytes = self.appender.length_bytes();
        if length_bytes > 0 && self.settings.rotate_bytes.is_some_and(|limit| length_bytes >= limit) {
            self.rotate()?;
        }
        let mut lines = Vec::with_capacity(events.iter().map(|event| event.size()).sum());
        for (at, event) in events.iter().enumerate() {
            lines.extend(event.to_json_line());
            lines.push(b'\n');
            if let Some(moment) = undo(&events[at..]) {
                crash::point_after(moment, |_| self.appender.append(&lines));
            }
        }
        self.appender.append(&lines)?;
        self.tail = Some(tail);
        Ok(())
    }

    /// Forces everything onto the disk.
    ///
    /// # Errors
    /// `Fatal` when that is not possible.
    pub fn close(&mut self) -> Result<(), SinkError> {
        self.appender.force()
    }

    /// Puts the file aside and begins a new one. A crash in between leaves either name, and a position either way.
    fn rotate(&mut self) -> Result<(), SinkError> {
        self.appender.force()?;
        let path = self.settings.path.as_path();
        let (file, standing) = set_this_aside(path).map_err(|error| at(path, &error))?;
        self.standing = standing;
        self.appender = Appender::new(file, 0, self.settings.fsync);
        Ok(())
    }
}

/// The crash point behind the first of these events, if it is an undo.
fn undo(events: &[Arc<Event>]) -> Option<Point> {
    let undoes = |event: &&Arc<Event>| event.envelope.step == Step::Undo;
    events.first().filter(undoes)?;
    Some(if events.get(1).is_some_and(|next| undoes(&next)) { Point::FileUndoing } else { Point::FileUndone })
}

fn at(path: &Path, error: &io::Error) -> SinkError {
    let text = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::AlreadyExists => SinkError::Fatal(text),
        _ => classify(&path.display().to_string(), error),
    }
}

fn open_whole(path: &Path) -> io::Result<(File, Standing, Recovered)> {
    make_folder(path)?;
    let (mut file, standing) = open(path, OpenOptions::new().create(true))?;
    let found = recover(&mut file)?;
    if found.torn_bytes > 0 {
        tracing::warn!(path = %path.display(), torn_bytes = found.torn_bytes, "cut off a torn tail");
        file.set_len(found.length_bytes)?;
    }
    // A killed process may have left lines that only the system's memory holds: they count from here on.
    file.sync_all()?;
    sync_folder(path)?;
    Ok((file, standing, found))
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<(File, Standing)> {
    let file = options.read(true).append(true).open(path)?;
    locked(path, &file).map(|standing| (file, standing))
}

/// Locks what was opened. Between opening and locking, a writer that was given up may have put the file aside and let go of it:
/// what is then locked stands elsewhere, and is not to be written to.
fn locked(path: &Path, file: &File) -> io::Result<Standing> {
    let busy = |why| Err(io::Error::new(io::ErrorKind::WouldBlock, why));
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return busy("somebody else is writing to it: another sink or another daemon");
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let standing = Standing::of(file)?;
    if standing == Standing::at(path)? { Ok(standing) } else { busy("it was put aside at this moment") }
}

fn set_this_aside(path: &Path) -> io::Result<(File, Standing)> {
    let target = aside(path, first_seq(path)?);
    if target.try_exists()? {
        let text = format!("{} is there already: move it away", target.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    std::fs::rename(path, target)?;
    crash::point(Point::FileRotating);
    let opened = open(path, OpenOptions::new().create_new(true))?;
    sync_folder(path)?;
    Ok(opened)
}

fn first_seq(path: &Path) -> io::Result<Seq> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice::<Envelope>(&line)?.seq)
}

/// The last event of the youngest file that was put aside: where a file stands that is still empty.
fn last_set_aside(path: &Path) -> io::Result<Option<Envelope>> {
    let Some(youngest) = set_aside(path)?.pop() else { return Ok(None) };
    let found = recover(&mut File::open(&youngest)?)?;
    if found.torn_bytes > 0 || found.last.is_none() {
        let text = format!("{} does not end with a whole event: it was changed", youngest.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(found.last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_put_aside_between_opening_and_locking_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let early = OpenOptions::new().read(true).append(true).create(true).open(&path).unwrap();
        std::fs::rename(&path, aside(&path, Seq(1))).unwrap();
        assert_eq!(locked(&path, &early).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(&path, "").unwrap();
        let refused = locked(&path, &early).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        assert!(matches!(at(&path, &refused), SinkError::Transient(_)));
        let (_file, standing) = open(&path, &mut OpenOptions::new()).unwrap();
        standing.holds(&path).unwrap();
    }
}
