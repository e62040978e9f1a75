//! Every decision of blocktap, and nothing else: no clock, no randomness, no I/O.
//!
//! Time and jitter are arguments, reads do not mutate, outcomes are enums. What is here can be played a million times a
//! second by a property test, and is.

pub mod at;
pub mod audit;
pub mod backends;
pub mod backoff;
pub mod berth;
pub mod block_time;
pub mod block_weight;
pub mod breaker;
pub mod byte_size;
pub mod canonical;
pub mod case;
pub mod catch_up;
pub mod chain_id;
pub mod class;
pub mod command;
pub mod conduct;
pub mod consensus;
pub mod cordon;
pub mod crossing;
pub mod cursor;
pub mod dispatch;
pub mod election;
pub mod eligibility;
pub mod event;
pub mod event_id;
pub mod ewma;
pub mod excuse;
pub mod finality;
pub mod footing;
pub mod halt;
pub mod hash;
pub mod header;
pub mod health;
pub mod jitter;
pub mod json_line;
pub mod linker;
pub mod measures;
pub mod memory;
pub mod numbers;
pub mod outcome;
pub mod plain;
pub mod probing;
pub mod quantile;
pub mod readable;
#[cfg(test)]
pub mod rehearsal;
pub mod restarts;
pub mod score;
pub mod served;
pub mod sightings;
pub mod start;
pub mod strikes;
pub mod tally;
mod text_form;
pub mod token_bucket;
pub mod until;
pub mod window;
