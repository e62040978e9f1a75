//! What can go wrong in a sink.

/// A failed delivery: what the Sink actor does about it, and what a person reads.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// It failed this once: it is tried again, without end, with growing pauses.
    #[error("{0}")]
    Transient(String),
    /// Somebody must act: the sink stops, says so, and the others go on. The text names the remedy.
    #[error("{0}")]
    Fatal(String),
    /// Nobody reads it any more (a closed pipe): the sink stops quietly.
    #[error("nobody reads it any more")]
    Closed,
}
