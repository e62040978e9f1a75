//! Wires the actors into a running process.
//!
//! The only room that knows every other one: it makes the edges from what the configuration says, hands them to the actors,
//! and ends them in order.

pub mod chain;
