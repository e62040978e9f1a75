//! What can befall a good answer on its way, between the server that wrote it and whoever reads it.
//!
//! [`super::loopback`] does it to real bytes on real sockets. Without a network only the outcome can be played: what a client
//! that reads carefully makes of it.

use std::fmt;

/// One way for an answer over HTTP to arrive otherwise than it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Its head comes a byte now and then, for ever.
    DripHead,
    /// Its body comes a byte now and then, for ever.
    DripBody,
    /// The connection is reset after half of its body.
    ResetInBody,
    /// It arrives, but its connection is closed as soon as it is used again, instead of while it was idle.
    CloseWhenReused,
    /// The connection ends before the length that was announced.
    CutLength,
    /// The connection ends in the middle of a chunk.
    CutChunk,
    /// The connection ends in the middle of a body of which only that end tells the length.
    CutUnmarked,
    /// Compressed, and cut in the middle.
    CutGzip,
    /// Compressed, and without the checksum at its end.
    CutGzipTrailer,
    /// The length announced is that of half the body.
    HalfLength,
    /// Said to be compressed, and not so.
    FalseEncoding,
    /// Compressed, and a hundred times longer than anybody wants.
    GzipBomb,
    /// Longer than anybody wants.
    Endless,
    /// A head without end.
    EndlessHead,
    /// Ten million numbers instead of a result.
    LongArray,
    /// A redirect instead of the answer.
    Redirect {
        /// 301, 302, 307 or 308.
        status: u16,
        /// Where to.
        to: String,
    },
    /// Right, but under this content type; with an empty one, under none.
    ContentType(&'static str),
}

/// What whoever reads carefully gets of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// All of it.
    Whole,
    /// Less than all of it, or something else.
    Broken,
    /// More than is taken.
    TooLong,
    /// Not its end.
    Never,
    /// An invitation to ask elsewhere.
    Elsewhere,
}

impl Wire {
    /// What it leaves of an answer.
    pub const fn arrival(&self) -> Arrival {
        match self {
            Self::CloseWhenReused | Self::ContentType(_) => Arrival::Whole,
            Self::DripHead | Self::DripBody => Arrival::Never,
            Self::GzipBomb | Self::Endless | Self::LongArray => Arrival::TooLong,
            Self::Redirect { .. } => Arrival::Elsewhere,
            Self::ResetInBody
            | Self::CutLength
            | Self::CutChunk
            | Self::CutUnmarked
            | Self::CutGzip
            | Self::CutGzipTrailer
            | Self::HalfLength
            | Self::FalseEncoding
            | Self::EndlessHead => Arrival::Broken,
        }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::DripHead => "lets the heads of its answers drip",
            Self::DripBody => "lets its answers drip",
            Self::ResetInBody => "resets connections in the middle of an answer",
            Self::CloseWhenReused => "closes connections that are used again",
            Self::CutLength => "ends answers before their announced length",
            Self::CutChunk => "ends answers in the middle of a chunk",
            Self::CutUnmarked => "ends answers of unknown length too early",
            Self::CutGzip => "cuts its compressed answers",
            Self::CutGzipTrailer => "leaves the checksum off its compressed answers",
            Self::HalfLength => "announces half the length of its answers",
            Self::FalseEncoding => "calls its answers compressed that are not",
            Self::GzipBomb => "answers bombs",
            Self::Endless => "answers without end",
            Self::EndlessHead => "answers headers without end",
            Self::LongArray => "answers ten million numbers",
            Self::Redirect { status, .. } => return write!(out, "redirects with {status}"),
            Self::ContentType(kind) => return write!(out, "calls its answers {kind:?}"),
        })
    }
}
