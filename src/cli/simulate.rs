//! `blocktap simulate`

mod report;
mod workers;

use self::report::Report;
use super::arguments::SimulateArguments;
use super::exit::Exit;
use super::{load, print};
use crate::app::error::AppError;
use crate::app::simulate::{Options, Played, Record, play};
use crate::settings::chain::Chain;
use crate::sim::schedule::troubles::Trouble;
use crate::sink::registry::Registry;

/// Lines of a failing play that are shown: what led to its end.
const LAST_LINES: usize = 12;

/// Plays seeds, and tells of every promise that was broken.
pub fn simulate(arguments: &SimulateArguments, sinks: &Registry) -> Exit {
    match options(arguments, sinks) {
        Ok(options) => search(arguments, &options),
        Err(exit) => exit,
    }
}

/// What to play: once for each chain of a configuration, else once.
fn options(arguments: &SimulateArguments, sinks: &Registry) -> Result<Vec<Options>, Exit> {
    let names = arguments.faults.iter().map(String::as_str);
    let troubles = match arguments.faults.as_slice() {
        [] => Trouble::all(),
        _ => Trouble::named(names).map_err(|error| print::failure(&error.to_string(), Exit::Mistaken))?,
    };
    let chains: Vec<Option<Chain>> = match &arguments.settings {
        Some(path) => load::settings(path, sinks)?.chains.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let providers = arguments.providers.and_then(|count| usize::try_from(count).ok());
    let with = |chain| Options { blocks: arguments.blocks, providers, troubles: troubles.clone(), chain };
    Ok(chains.into_iter().map(with).collect())
}

fn search(arguments: &SimulateArguments, options: &[Options]) -> Exit {
    let record = if arguments.trace { Record::Kept } else { Record::None };
    let mut report = Report::begun();
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds);
    let jobs = arguments.jobs.map_or_else(processors, |jobs| usize::try_from(jobs).unwrap_or(1));
    let games: Vec<(u64, &Options)> =
        seeds.flat_map(|seed| options.iter().map(move |one| (seed, one))).collect();
    let told = workers::each(
        &games,
        jobs,
        |(seed, one)| play(one, *seed, record),
        |(seed, one), played| match played {
            Ok(played) => tell(arguments, one, &played, &mut report),
            Err(error) => report.refused(*seed, &error),
        },
    );
    if let Err(error) = told {
        return print::failure(&format!("no thread can be made: {error}"), Exit::Failed);
    }
    report.lines().iter().for_each(|line| print::line(line));
    if report.is_whole() { Exit::Fine } else { Exit::Failed }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn tell(arguments: &SimulateArguments, options: &Options, played: &Played, report: &mut Report) {
    report.add(played);
    if arguments.trace {
        print::line(played.trace.trim_end());
    }
    let Some(breach) = &played.breach else { return };
    let of = options.chain.as_ref().map(|chain| format!(" of chain {}", chain.name)).unwrap_or_default();
    print::line(&format!("seed {}{of} breaks a promise: {breach}", played.seed));
    if !arguments.trace {
        last_lines(options, played.seed).iter().for_each(|line| print::line(&format!("  {line}")));
    }
    print::line(&format!("replay: {}", replay(arguments, played.seed)));
}

/// The same seed again, this time written down.
fn last_lines(options: &Options, seed: u64) -> Vec<String> {
    let again: Result<Played, AppError> = play(options, seed, Record::Kept);
    let trace = again.map(|again| again.trace).unwrap_or_default();
    let lines: Vec<&str> = trace.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

/// The command that plays one seed again.
fn replay(arguments: &SimulateArguments, seed: u64) -> String {
    let mut command = format!("blocktap simulate --seed {seed} --blocks {}", arguments.blocks);
    if let Some(providers) = arguments.providers {
        command += &format!(" --providers {providers}");
    }
    if !arguments.faults.is_empty() {
        command += &format!(" --faults {}", arguments.faults.join(","));
    }
    if let Some(settings) = &arguments.settings {
        command += &format!(" --settings {}", settings.display());
    }
    command + " --trace"
}
