//! blocktap keeps an unbroken, verified, ordered stream of a chain's blocks flowing from many unreliable RPC providers into
//! its user's sinks.
//!
//! The house has floors; whoever stands on one sees only the floors below:
//!
//! ```text
//! main, cli ─▶ app ─▶ actors ─▶ { chain, sink, journal, records, http } ─▶ core
//!                                settings ─▶ core      sim ─▶ { chain, core }
//! ```
//!
//! [`core`] is pure: every decision, with time as an argument. [`chain`], [`sink`], [`journal`], [`records`] and [`http`] touch the
//! world and know no actor. [`actors`] are thin: a message comes in, core decides, an edge acts. [`sim`] is a world to try all of
//! it in; [`crash`] names the moments at which a test kills the process, and is empty otherwise.
//! The contract between the actors is `actors.md`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod actors;
pub mod app;
pub mod chain;
pub mod cli;
pub mod core;
pub mod crash;
pub mod http;
pub mod journal;
pub mod records;
pub mod settings;
pub mod sim;
pub mod sink;
