//! How fast blocktap catches up, and what a block costs, beside the floor: recomputing the same blocks in one thread.
//!
//! `cargo bench --bench catch_up`. Another process serves three providers of three operators on loopback, with blocks of 200
//! transactions; the real program streams them with every check on, through its journal, into a JSON Lines file.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a benchmark is about real time")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark reports, and may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use blocktap::chain::evm::verify::EvmVerifier;
use blocktap::chain::family::{RawBlock, Verification, Verifier};
use blocktap::core::chain_id::ChainId;
use blocktap::core::numbers::Height;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::world::World;

const BLOCKS: u64 = 600;
const TRANSACTIONS: u64 = 200;
const CHAIN: u64 = 1337;
const PORT: u16 = 18_391;

fn main() {
    if std::env::args().any(|argument| argument == "serve") {
        return serve();
    }
    let folder = std::env::temp_dir().join(format!("blocktap-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (floor, bytes) = floor();
    let mut server = Kept(serving());
    let addresses = read_addresses(&mut server.0);
    write_settings(&folder, &addresses);
    let (wall, cpu) = stream(&folder);
    let blocks = BLOCKS as f64;
    println!("blocks                {BLOCKS} of {TRANSACTIONS} transactions, {} kB each", bytes / 1000);
    println!("floor, one thread     {:.2} ms a block (parse and verify)", floor.as_secs_f64() * 1e3);
    println!("blocks a second       {:.0}", blocks / wall.as_secs_f64());
    println!("process CPU           {:.2} ms a block", cpu.as_secs_f64() * 1e3 / blocks);
    println!("CPU beside the floor  {:.2}", cpu.as_secs_f64() / blocks / floor.as_secs_f64());
    let _ = std::fs::remove_dir_all(&folder);
}

fn world(premined: u64) -> World {
    World::grown_from(Genesis {
        chain: CHAIN,
        premined,
        transactions_per_block: TRANSACTIONS..=TRANSACTIONS,
        input_bytes: 700..=740,
        ..Genesis::default()
    })
}

/// The median time to parse and verify a block, and its size.
fn floor() -> (Duration, usize) {
    let world = world(20);
    let verifier = EvmVerifier::new(&ChainId::evm(CHAIN), Verification::Full);
    let blocks: Vec<RawBlock> = (1..=20)
        .filter_map(|height| world.block_at(Height(height)))
        .map(|block| RawBlock { header: block.header(), block: block.full_json(), receipts: None })
        .collect();
    let mut times: Vec<Duration> = (0..10)
        .flat_map(|_| &blocks)
        .map(|block| {
            let began = Instant::now();
            verifier.verify(block).unwrap();
            began.elapsed()
        })
        .collect();
    times.sort();
    (times[times.len() / 2], blocks[0].block.len())
}

fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let operators = ["north", "south", "east"];
        let profile = |operator: &str| Profile {
            latency: Duration::from_millis(1),
            jitter: Duration::ZERO,
            propagation: Duration::ZERO,
            ..Profile::of(operator, operator)
        };
        let fleet = Fleet::new(world(BLOCKS), operators.map(profile));
        for height in 0..=BLOCKS {
            // Rendered now, so that serving costs as little as it can.
            let _ = fleet.world().block_at(Height(height)).map(|block| block.full_json());
        }
        let loopback = Loopback::listen(&fleet).await.unwrap();
        operators.iter().for_each(|name| println!("{}", loopback.http_url(name).unwrap()));
        std::future::pending::<()>().await;
    });
}

/// A child that does not outlive the benchmark.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serving() -> Child {
    let program = std::env::current_exe().unwrap();
    Command::new(program).arg("serve").stdout(Stdio::piped()).spawn().unwrap()
}

fn read_addresses(server: &mut Child) -> Vec<String> {
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    lines.take(3).map(Result::unwrap).collect()
}

fn write_settings(folder: &Path, addresses: &[String]) {
    let mut text = format!(
        "data_dir = \"data\"\n[http]\nlisten = \"127.0.0.1:{PORT}\"\n[log]\nlevel = \"warn\"\n\
         [[chains]]\nname = \"bench\"\nchain_id = \"eip155:{CHAIN}\"\nstart = 0\n"
    );
    for (name, address) in ["north", "south", "east"].iter().zip(addresses) {
        text += &format!(
            "[[chains.providers]]\nname = \"{name}\"\noperator = \"{name}\"\nendpoints = [\"{address}\"]\n\
             rate_limit = {{ per_second = 10000, burst = 10000 }}\n"
        );
    }
    text += "[[sinks]]\nname = \"lines\"\nkind = \"file\"\npath = \"blocks.jsonl\"\n";
    std::fs::write(folder.join("Settings.toml"), text).unwrap();
}

/// Streams everything; gives the wall time and the process's CPU time between the first block and the last.
fn stream(folder: &Path) -> (Duration, Duration) {
    let program =
        Command::new(env!("CARGO_BIN_EXE_blocktap")).arg("run").current_dir(folder).spawn().unwrap();
    let program = Kept(program);
    let wait_for = |height: u64| {
        while sink_at(height).is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        (Instant::now(), cpu(program.0.id()))
    };
    let (began, before) = wait_for(1);
    let (ended, after) = wait_for(BLOCKS);
    (ended - began, after.saturating_sub(before))
}

/// Some once the sink was given as many events.
fn sink_at(events: u64) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", PORT)).ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let line = text.lines().find(|line| line.starts_with("blocktap_sink_events_total"))?;
    let count: f64 = line.rsplit(' ').next()?.parse().ok()?;
    (count >= events as f64).then_some(())
}

fn cpu(process: u32) -> Duration {
    const TICKS_A_SECOND: u64 = 100;
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}
