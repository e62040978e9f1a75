//! What strangers may not do: providers on the other end of a wire, and whoever sits on it.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

#[cfg(target_os = "linux")]
mod bombs;
mod headers;
mod listener;
mod tls;
