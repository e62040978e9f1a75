//! A provider whose blocks are not what they claim to be.

use super::chain::Chain;
use super::daemon::Daemon;
use super::liar::Liar;
use super::patience::wait_for;
use super::settings::Provider;
use super::stage::assert_delivered;

#[test]
#[ignore = "needs anvil: scripts/test"]
fn a_liar_is_quarantined_and_none_of_its_blocks_is_delivered() {
    let mut chain = Chain::start(3);
    let nodes = chain.addresses();
    let liar = Liar::about(nodes[0]);
    // Its heads are honest, and it is preferred to the others: it will lead.
    let mut daemon = Daemon::new(&[
        Provider { name: "liar", http: liar.address, socket: Some(nodes[0]), weight: 5.0 },
        Provider { name: "green", http: nodes[1], socket: Some(nodes[1]), weight: 1.0 },
        Provider { name: "blue", http: nodes[2], socket: Some(nodes[2]), weight: 1.0 },
    ]);
    daemon.start();
    (0..10).for_each(|_| chain.mine());
    wait_for("the liar's quarantine", || {
        chain.mine();
        let log = daemon.log();
        log.lines()
            .find(|line| line.contains("provider quarantined") && line.contains("liar"))
            .map(drop)
            .ok_or(log.clone())
    });
    (0..10).for_each(|_| chain.mine());
    assert_delivered(&daemon, &mut chain);
    assert!(liar.told() > 0);
    let honest = daemon.log().lines().filter(|line| line.contains("provider quarantined")).count();
    assert_eq!(honest, 1, "only the liar is quarantined");
}
