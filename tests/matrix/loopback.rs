//! The rows that can exist on real sockets, played there: the production client, the real actors, real time.
//!
//! A row passes when what was delivered is the world's canonical chain, nothing panicked or was restarted, what was recorded is
//! what the row names, and no block waited longer than the bound, which is generous: others use this machine, too. The forms
//! of a row are played at once, each on a thread and with a fleet of its own.

mod front;
mod play;
mod rows;
mod special;
mod trial;
mod turns;
