//! `blocktap demo`

use super::arguments::DemoArguments;
use super::exit::Exit;
use super::print;

/// Shows what blocktap does, in a simulated world.
pub fn demo(_arguments: &DemoArguments) -> Exit {
    print::failure("this build has no demo yet", Exit::Failed)
}
