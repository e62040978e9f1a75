//! The actors: thin. A message comes in, core decides, an edge acts, the answer comes back as a message or a future's end.
//!
//! An actor never names another actor's type: it holds [`link::Link`]s for messages, given to its constructor. The contract
//! (who says what to whom, what is promised, what happens when one dies) is `actors.md`.

pub mod archive;
pub mod budget;
pub mod clock;
pub mod fetcher;
pub mod journal;
pub mod link;
pub mod manager;
pub mod messages;
pub mod notice;
pub mod observe;
pub mod observer;
pub mod orders;
pub mod panics;
pub mod pool;
pub mod provider;
pub mod recollection;
pub mod registry;
pub mod sink;
pub mod slot;
pub mod validator;
pub mod vitals;
