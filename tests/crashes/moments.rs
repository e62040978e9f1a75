//! `kill -9` at any moment.

use std::time::Duration;

use crate::daemon::Start;
use crate::land::Blocks;
use crate::stage::Stage;

/// Longer than a start takes.
const LONGEST_LIFE_MS: u64 = 600;
/// After so many deaths it is left alone until it has come to the end of the chain.
const CONVERGES_EVERY: u64 = 10;

#[test]
fn at_random() {
    let kills =
        std::env::var("BLOCKTAP_KILLS_RANDOM").map_or(50, |text| text.parse().expect("a number of kills"));
    let mut stage = Stage::new(99, Blocks::Small, "rotate_bytes = \"64kB\"");
    // A linear congruential generator (Knuth's MMIX constants): the same moments every time.
    let mut random = 1_u64;
    for kill in 1..=kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let daemon = stage.start(&Start::default());
        std::thread::sleep(Duration::from_millis((random >> 33) % LONGEST_LIFE_MS));
        daemon.kill();
        stage.holds_a_true_beginning();
        if kill % CONVERGES_EVERY == 0 || kill == kills {
            stage.converges();
        }
    }
}
