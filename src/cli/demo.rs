//! `blocktap demo`

mod picture;

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, IsTerminal};
use std::rc::Rc;

use self::picture::Picture;
use super::arguments::DemoArguments;
use super::exit::Exit;
use super::{print, run};
use crate::app::demo::{Length, Options, demo as play};

/// Shows what blocktap does, in a simulated world.
pub fn demo(arguments: &DemoArguments) -> Exit {
    let seed = arguments.seed.unwrap_or_else(a_seed);
    let folder = arguments.folder.clone().unwrap_or_else(|| std::env::temp_dir().join("blocktap-demo"));
    let length = if arguments.forever { Length::Forever } else { Length::Blocks(arguments.blocks) };
    let picture = Rc::new(RefCell::new(Picture::new(seed, colours())));
    let shown = picture.clone();
    let tell = move |scene| shown.borrow_mut().lines(&scene).iter().for_each(|line| print::painted(line));
    match play(Options { length, seed, folder: folder.clone(), port: arguments.port }, tell) {
        Ok(summary) => {
            picture.borrow().end(&summary, &folder).iter().for_each(|line| print::painted(line));
            if summary.is_whole() { Exit::Fine } else { Exit::Failed }
        }
        Err(error) => print::failure(&error.to_string(), run::exit_of(&error)),
    }
}

/// A small number that is another one each time: it must be easy to type again.
fn a_seed() -> u64 {
    RandomState::new().build_hasher().finish() % 10_000
}

fn colours() -> picture::Colours {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !refused { picture::Colours::Ansi } else { picture::Colours::None }
}
