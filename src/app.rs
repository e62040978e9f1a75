//! Wires the actors into a running process.
