//! What the process tells over HTTP.
//!
//! *Why so guarded.* What is served here names providers, errors and internals. So nothing but loopback is listened on
//! without a token; a request must name a host that we know, because a web page can make a browser ask loopback under a name
//! of its own (DNS rebinding); and nothing is ever changed by asking. Orders have a page of their own, which no web page can
//! reach.
//! *Open without a token.* `/`, `/live` and `/ready`, which say no more than an orchestrator must know.

pub mod board;
mod commands;
pub mod desk;
mod gate;
mod hosts;
pub mod metrics;
mod pages;
pub mod process;
mod refusal;
pub mod server;

#[cfg(test)]
mod tests;
