//! The `blocktap` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    blocktap::cli::main()
}
