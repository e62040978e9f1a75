//! `blocktap check` against a fleet on real sockets.

use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::world::World;
use tokio::runtime::Runtime;

use crate::terminal::{Printed, Terminal};

/// Two simulated providers of two operators, as a configuration names them.
fn settings(chain_id: u64, loopback: &Loopback) -> String {
    let provider = |name: &str| {
        let (http, ws) = (loopback.http_url(name).unwrap(), loopback.websocket_url(name).unwrap());
        format!(
            "[[chains.providers]]\nname = '{name}'\noperator = '{name}-labs'\nendpoints = ['{http}']\nws = ['{ws}']\n"
        )
    };
    let chain = format!("[[chains]]\nname = 'sim'\nchain_id = 'eip155:{chain_id}'\n");
    format!("{chain}{}{}[[sinks]]\nname = 'c'\nkind = 'console'\n", provider("ada"), provider("bob"))
}

fn check(chain_id: u64) -> Printed {
    let runtime = Runtime::new().unwrap();
    let loopback = runtime.block_on(async {
        let world = World::grown_from(Genesis { premined: 30, ..Genesis::default() });
        let fleet = Fleet::new(world, [Profile::of("ada", "ada-labs"), Profile::of("bob", "bob-labs")]);
        Loopback::listen(&fleet).await.unwrap()
    });
    Terminal::with_settings(&settings(chain_id, &loopback)).run(&["check"])
}

#[test]
fn providers_are_asked_and_what_they_can_do_is_told() {
    let printed = check(1337);
    assert_eq!(printed.code, 0, "{printed:?}");
    let row = printed.out.lines().find(|line| line.contains("ada")).unwrap();
    assert!(
        row.contains("ada-labs") && row.contains("eip155:1337") && row.contains("9,216"),
        "{}",
        printed.out
    );
    assert_eq!(row.matches("yes").count(), 3, "{}", printed.out);
    assert!(printed.out.contains("every provider can do everything"), "{}", printed.out);
}

#[test]
fn a_provider_of_another_chain_is_a_fault() {
    let printed = check(1);
    assert_eq!(printed.code, 7, "{printed:?}");
    assert!(printed.out.contains("wrong: ada serves eip155:1337, not eip155:1"), "{}", printed.out);
    assert!(!printed.out.contains("is there a network?"), "{}", printed.out);
}

#[test]
fn without_a_network_it_says_so_provider_by_provider() {
    let nobody = "[[chains]]\nname = 'sim'\nchain_id = 'eip155:1'\n[[chains.providers]]\nname = 'ada'\nendpoints = ['http://127.0.0.1:1/CANARY']\nws = ['ws://127.0.0.1:1/CANARY']\n";
    let printed = Terminal::with_settings(nobody).run(&["check"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.out.contains("ada (http://127.0.0.1:1): identity, head"), "{}", printed.out);
    assert!(printed.out.contains("sim: no provider answers"), "{}", printed.out);
    assert!(!format!("{printed:?}").contains("CANARY"), "{printed:?}");
}
