//! What blocktap promises, played in the simulated world: paused time, one thread, seeded. One sentence a test.

mod recovery;
mod stage;

mod consensus;
mod delivery;
mod election;
mod supervision;
