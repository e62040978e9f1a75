//! The command line: parses, calls, prints. The only room that prints.
//!
//! Each command is a file that ends in an [`exit::Exit`]. What a command found goes to standard output, mistakes and logs to
//! standard error.

mod arguments;
mod check;
mod core_dump;
mod daemon;
mod demo;
pub mod exit;
mod load;
mod log;
mod observe;
mod order;
mod print;
mod run;
mod simulate;
mod table;
mod verify;

use std::future::Future;
use std::process::ExitCode;

use clap::Parser;

use self::arguments::{Arguments, Command};
use self::exit::Exit;
use crate::sink::registry::Registry;

/// Runs the program.
pub fn main() -> ExitCode {
    main_with(&Registry::standard())
}

/// Runs the program with sinks of one's own.
pub fn main_with(sinks: &Registry) -> ExitCode {
    let exit = match Arguments::parse().command {
        Command::Run(settings) => run::run(&settings, sinks),
        Command::Check(arguments) => check::check(&arguments, sinks),
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Simulate(arguments) => simulate::simulate(&arguments, sinks),
        Command::Observe(arguments) => observe::observe(&arguments, sinks),
        Command::Cordon(arguments) => order::cordon(&arguments, sinks),
        Command::Uncordon(arguments) => order::uncordon(&arguments, sinks),
        Command::Resume(arguments) => order::resume(&arguments, sinks),
        Command::Verify { what } => verify::verify(&what, sinks),
    };
    exit.into()
}

/// Waits for a short piece of asynchronous work.
fn wait<T>(work: impl Future<Output = T>) -> Result<T, Exit> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => Ok(runtime.block_on(work)),
        Err(error) => Err(print::failure(&format!("no runtime can be made: {error}"), Exit::Failed)),
    }
}
