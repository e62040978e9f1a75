//! What the process tells over HTTP.

pub mod board;
