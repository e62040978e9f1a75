//! HTTP/1.1 messages, as far as JSON-RPC needs them: a head, and a body of a length that the head tells.

use std::io::{self, BufRead, Write};

/// One request or answer.
pub struct Message {
    /// The request line or the status line.
    pub line: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads the next one; `None` when the other side has closed.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            from.read_line(&mut header)?;
            let Some((name, value)) = header.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        Ok(Some(Self { line: line.trim_end().to_owned(), body }))
    }

    /// Writes it.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let length = self.body.len();
        let head = format!(
            "{}\r\nhost: node\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
            self.line
        );
        to.write_all(&[head.as_bytes(), &self.body].concat())
    }
}
