//! One node, one provider, and one process at a time.

use super::chain::Chain;
use super::daemon::Daemon;
use super::settings::Provider;
use super::stage::{assert_delivered, file, wait_until_delivered};

fn alone(chain: &Chain) -> Daemon {
    let node = chain.addresses()[0];
    Daemon::new(&[Provider { name: "alone", http: node, socket: Some(node), weight: 1.0 }])
}

#[test]
#[ignore = "needs anvil: scripts/test"]
fn one_provider_is_streamed_from_its_genesis_block_and_flagged() {
    let mut chain = Chain::start(1);
    (0..30).for_each(|_| chain.mine());
    let mut daemon = alone(&chain);
    daemon.start();
    wait_until_delivered(&daemon, &mut chain);
    (0..10).for_each(|_| chain.mine());
    assert_delivered(&daemon, &mut chain);
    for line in file(&daemon) {
        assert_eq!(line.source.expect("an applied block has evidence").agreed, ["alone-inc"]);
    }
}

#[test]
#[ignore = "needs anvil: scripts/test"]
fn a_second_process_on_the_same_folder_is_refused() {
    let mut chain = Chain::start(1);
    (0..3).for_each(|_| chain.mine());
    let mut daemon = alone(&chain);
    daemon.start();
    wait_until_delivered(&daemon, &mut chain);
    let second = daemon.also(&["run"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(3), "{said}");
    assert!(said.contains("in use by process"), "{said}");
    chain.mine();
    assert_delivered(&daemon, &mut chain);
    assert_eq!(daemon.terminate().code(), Some(0));
    assert_delivered(&daemon, &mut chain);
}
