//! Finding the last whole event of a file, and cutting off what a crash left behind it.
//!
//! A crash leaves half a line, or bytes that never reached the disk. Both stand at the end, and neither was acknowledged.
//! What is whole JSON but no event is somebody else's: it is refused, never cut.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use crate::core::event::{Envelope, SPEC};

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes up to the end of the last whole event.
    pub length_bytes: u64,
    /// Bytes behind it.
    pub torn_bytes: u64,
    /// The last whole event; `None` if there is none.
    pub last: Option<Envelope>,
}

/// How the first line of every file of this sink begins.
pub fn beginning() -> String {
    format!("{{\"spec\":\"{SPEC}\",")
}

/// Looks for the last whole event. Changes nothing.
///
/// # Errors
/// `InvalidData` when the file is none of this sink's; else those of the operating system.
pub fn recover(file: &mut File) -> io::Result<Recovered> {
    let size_bytes = file.seek(SeekFrom::End(0))?;
    ours(file, size_bytes)?;
    let mut end = line_start(file, size_bytes)?;
    let mut last = None;
    while end > 0 && last.is_none() {
        let start = line_start(file, end - 1)?;
        match serde_json::from_slice::<Envelope>(&read(file, start, end - 1)?) {
            Ok(envelope) => last = Some(envelope),
            Err(error) if error.is_data() => {
                return Err(foreign(&format!("its last line is no event: {error}")));
            }
            Err(_) => end = start,
        }
    }
    Ok(Recovered { length_bytes: end, torn_bytes: size_bytes - end, last })
}

fn foreign(why: &str) -> io::Error {
    let text = format!(
        "this is no file of blocktap's, or one of another version ({why}): move it away or choose another path"
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Refuses a file that does not begin like ours, so that a wrong path never costs anybody a file.
fn ours(file: &mut File, size_bytes: u64) -> io::Result<()> {
    let beginning = beginning();
    let length = size_bytes.min(beginning.len() as u64);
    let found = read(file, 0, length)?;
    if beginning.as_bytes().starts_with(&found) { Ok(()) } else { Err(foreign("it begins otherwise")) }
}

fn read(file: &mut File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the line begins that `end` lies in or closes: right behind the last line break before `end`, else at zero.
fn line_start(file: &mut File, end: u64) -> io::Result<u64> {
    const CHUNK_BYTES: u64 = 64 << 10;
    let mut upper = end;
    while upper > 0 {
        let lower = upper.saturating_sub(CHUNK_BYTES);
        let chunk = read(file, lower, upper)?;
        if let Some(at) = chunk.iter().rposition(|&byte| byte == b'\n') {
            return Ok(lower + at as u64 + 1);
        }
        upper = lower;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::sink::story::Story;

    fn recovered(bytes: &[u8]) -> io::Result<Recovered> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        recover(&mut file)
    }

    #[test]
    fn wherever_the_last_lines_are_torn_the_last_whole_event_is_found() {
        let events = Story::new().tell("aafu");
        let mut whole = Vec::new();
        let mut ends = vec![0];
        for event in &events {
            whole.extend(event.to_json_line());
            whole.push(b'\n');
            ends.push(whole.len());
        }
        for length in 0..=whole.len() {
            let found = recovered(&whole[..length]).unwrap();
            let count = ends.iter().filter(|end| **end <= length).count() - 1;
            assert_eq!(found.length_bytes, ends[count] as u64, "cut at {length}");
            assert_eq!(found.torn_bytes, (length - ends[count]) as u64);
            assert_eq!(found.last, count.checked_sub(1).map(|last| events[last].envelope.clone()));
        }
    }

    #[test]
    fn bytes_that_never_reached_the_disk_are_cut_with_their_line_break() {
        let event = Story::new().apply();
        let line = [event.to_json_line(), b"\n".to_vec()].concat();
        let mut torn = line.clone();
        torn.extend(vec![0; 300_000]);
        torn.push(b'\n');
        let found = recovered(&torn).unwrap();
        assert_eq!((found.length_bytes, found.torn_bytes), (line.len() as u64, 300_001));
    }

    #[test]
    fn what_is_not_ours_is_refused_and_not_cut() {
        let stranger = format!("{}\n", r#"{"spec":"blocktap/1","mine":true}"#);
        for bytes in ["a letter to grandmother", "{\"spec\":\"blocktap/2\",\"seq\":1}\n", &stranger] {
            let error = recovered(bytes.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bytes}");
        }
    }
}
