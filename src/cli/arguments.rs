//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::exit;
use crate::core::chain_id::{ChainId, NotAChainId};

/// An unbroken, verified, ordered stream of blockchain blocks out of many unreliable RPC providers.
#[derive(Debug, Parser)]
#[command(name = "blocktap", version, after_long_help = exit::HELP, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stream, as the configuration says, until stopped
    #[command(after_long_help = exit::HELP)]
    Run(SettingsArgument),
    /// Report every mistake in the configuration, then ask each provider what it can do
    Check(CheckArguments),
    /// Try it without network, key or configuration: a simulated fleet with faults scripted into it
    Demo(DemoArguments),
    /// Search for a counterexample: the real daemon on a paused clock, before a fleet that fails as seeds say
    Simulate(SimulateArguments),
    /// Ask the actors of a running blocktap what they are doing
    Observe(ObserveArguments),
    /// Take a provider of a running blocktap out of service: it is neither asked nor heard
    Cordon(CordonArguments),
    /// Take a cordoned provider into service again
    Uncordon(UncordonArguments),
    /// Go on after a halt; `blocktap observe manager` explains it
    Resume(ResumeArguments),
    /// Prove what was delivered, or one block
    Verify {
        /// What to verify.
        #[command(subcommand)]
        what: Verify,
    },
}

/// Which configuration.
#[derive(Clone, Debug, Args)]
pub struct SettingsArgument {
    /// The configuration file; relative paths in it start in its folder
    #[arg(long, value_name = "PATH", default_value = "Settings.toml")]
    pub settings: PathBuf,
}

/// `check`
#[derive(Clone, Debug, Args)]
pub struct CheckArguments {
    /// Which configuration.
    #[command(flatten)]
    pub settings: SettingsArgument,
    /// Look at the file only, and ask nobody
    #[arg(long)]
    pub offline: bool,
}

/// `demo`
#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// Stop after so many blocks
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub blocks: u64,
    /// Go on until stopped
    #[arg(long, conflicts_with = "blocks")]
    pub forever: bool,
    /// Repeat the run of this seed; it is shown at the start of every run
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Write into this folder; one that holds an earlier demonstration is emptied [default: blocktap-demo in the system's
    /// folder for temporary files]
    #[arg(long, value_name = "PATH")]
    pub folder: Option<PathBuf>,
    /// Serve /health, /metrics and /debug/actors on this port of 127.0.0.1 (0: any free one)
    #[arg(long, value_name = "P", default_value_t = 0)]
    pub port: u16,
}

/// `simulate`
#[derive(Clone, Debug, Args)]
pub struct SimulateArguments {
    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Play so many seeds, one after the other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Let the chain grow by so many blocks a seed, at the least
    #[arg(long, value_name = "M", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    pub blocks: u64,
    /// Play with so many providers [default: drawn from the seed]
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u64).range(1..=64), conflicts_with = "settings")]
    pub providers: Option<u64>,
    /// Only these troubles, by their names, with commas between them; `none` for none [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// Write down what happens, line by line
    #[arg(long)]
    pub trace: bool,
    /// Play with the chains, providers and thresholds of this configuration; nobody in it is ever asked
    #[arg(long, value_name = "PATH")]
    pub settings: Option<PathBuf>,
    /// Seeds at a time [default: as many as there are processors]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub jobs: Option<u64>,
}

/// `observe`
#[derive(Clone, Debug, Args)]
pub struct ObserveArguments {
    /// Which actors: a part of their path, or a whole path with `*` for any run of characters; all if left out
    #[arg(value_name = "PATTERN", default_value = "")]
    pub pattern: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Which process.
    #[command(flatten)]
    pub daemon: DaemonArguments,
}

/// Which running process.
#[derive(Clone, Debug, Args)]
pub struct DaemonArguments {
    /// The configuration of the running blocktap, for its address and token
    #[arg(long, value_name = "PATH")]
    pub settings: Option<PathBuf>,
    /// The address of a running blocktap without a configuration, such as the demo's
    #[arg(long, value_name = "ADDRESS", conflicts_with = "settings")]
    pub at: Option<SocketAddr>,
}

/// `cordon`
#[derive(Clone, Debug, Args)]
pub struct CordonArguments {
    /// Which provider, by the names in the configuration
    #[arg(value_name = "CHAIN/PROVIDER")]
    pub place: Place,
    /// For how long, such as 30m or 2h; without it until it is uncordoned, over restarts too
    #[arg(long = "for", value_name = "TIME", value_parser = whole_seconds)]
    pub lasting: Option<Duration>,
    /// Why, for whoever wonders later
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Even if no eligible provider is left then, and the stream stands still
    #[arg(long)]
    pub force: bool,
    /// Which process.
    #[command(flatten)]
    pub daemon: DaemonArguments,
}

/// `uncordon`
#[derive(Clone, Debug, Args)]
pub struct UncordonArguments {
    /// Which provider, by the names in the configuration
    #[arg(value_name = "CHAIN/PROVIDER")]
    pub place: Place,
    /// Which process.
    #[command(flatten)]
    pub daemon: DaemonArguments,
}

/// `resume`
#[derive(Clone, Debug, Args)]
pub struct ResumeArguments {
    /// Which chain, by its name in the configuration
    #[arg(value_name = "CHAIN")]
    pub chain: String,
    /// Where operators contradict each other: the one to follow until they agree again
    #[arg(long, value_name = "OPERATOR")]
    pub with: Option<String>,
    /// Which process.
    #[command(flatten)]
    pub daemon: DaemonArguments,
}

/// A provider of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chain's name.
    pub chain: String,
    /// The provider's name.
    pub provider: String,
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((chain, provider)) if !chain.is_empty() && !provider.is_empty() => {
                Ok(Self { chain: chain.into(), provider: provider.into() })
            }
            _ => Err("name the chain and the provider, such as ethereum/alchemy".into()),
        }
    }
}

fn whole_seconds(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time < Duration::from_secs(1) {
        return Err("a second is the least".into());
    }
    Ok(Duration::from_secs(time.as_secs()))
}

/// `verify`
#[derive(Clone, Debug, Subcommand)]
pub enum Verify {
    /// Walk the journal of every chain: no event lost, doubled, unlinked or changed. Also beside a running blocktap
    Journal(SettingsArgument),
    /// Walk everything that a sink holds. Also beside a running blocktap
    Sink(VerifySinkArguments),
    /// Recompute one block, offline
    Block(VerifyBlockArguments),
}

/// `verify sink`
#[derive(Clone, Debug, Args)]
pub struct VerifySinkArguments {
    /// The sink's name in the configuration
    pub name: String,
    /// Which configuration.
    #[command(flatten)]
    pub settings: SettingsArgument,
}

/// `verify block`
#[derive(Clone, Debug, Args)]
pub struct VerifyBlockArguments {
    /// The answer of eth_getBlockByNumber or eth_getBlockByHash with whole transactions; `.gz` too; `-` for standard input
    pub file: PathBuf,
    /// The answer of eth_getBlockReceipts; `.gz` too
    #[arg(long, value_name = "FILE")]
    pub receipts: Option<PathBuf>,
    /// The EVM chain that it is a block of, as a CAIP-2 id
    #[arg(long, value_name = "ID", default_value = "eip155:1", value_parser = evm_chain)]
    pub chain: ChainId,
}

fn evm_chain(text: &str) -> Result<ChainId, String> {
    let chain: ChainId = text.parse().map_err(|error: NotAChainId| error.to_string())?;
    if chain.evm_number().is_none() {
        return Err("only blocks of EVM chains can be recomputed: \"eip155:\" and the chain's number".into());
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_provider_is_named_with_its_chain() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' ')).map(|parsed| parsed.command);
        let Command::Cordon(cordon) = parse("blocktap cordon sim/alpha --for 90m").unwrap() else { panic!() };
        assert_eq!(cordon.place, Place { chain: "sim".into(), provider: "alpha".into() });
        assert_eq!(cordon.lasting, Some(Duration::from_secs(5400)));
        for mistaken in ["cordon alpha", "cordon /alpha", "cordon sim/", "cordon sim/alpha --for 1ms"] {
            assert!(parse(&format!("blocktap {mistaken}")).is_err(), "{mistaken}");
        }
    }

    #[test]
    fn the_demo_stops_after_sixty_blocks_unless_told_otherwise() {
        let demo = |line: &str| match Arguments::try_parse_from(line.split(' ')).unwrap().command {
            Command::Demo(demo) => demo,
            other => panic!("{other:?}"),
        };
        assert_eq!(demo("blocktap demo").blocks, 60);
        assert!(demo("blocktap demo --forever --seed 7").forever);
        assert!(Arguments::try_parse_from(["blocktap", "demo", "--blocks", "0"]).is_err());
    }
}
