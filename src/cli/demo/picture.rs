//! The demonstration in lines of text.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::actors::notice::Notice;
use crate::app::demo::{Scene, Summary};
use crate::core::event::{Envelope, Event, Step};
use crate::core::plain;

/// Whether lines are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// With ANSI escapes.
    Ansi,
    /// Plain.
    None,
}

#[derive(Clone, Copy)]
enum Colour {
    Green = 32,
    Red = 31,
    Yellow = 33,
    Blue = 34,
    Cyan = 36,
    Grey = 90,
}

/// Turns scenes into lines.
pub struct Picture {
    seed: u64,
    colours: Colours,
    began: Instant,
}

impl Picture {
    /// A picture of the demonstration with this seed.
    pub fn new(seed: u64, colours: Colours) -> Self {
        Self { seed, colours, began: Instant::now() }
    }

    /// The lines that show a scene.
    pub fn lines(&mut self, scene: &Scene) -> Vec<String> {
        match scene {
            Scene::Opened { providers, folder, http } => self.opening(providers, folder, http),
            Scene::Fate(text) => vec![self.timed(Colour::Yellow, &format!("! {}", fate(text)))],
            Scene::Notice(notice) => self.notice(notice),
            Scene::Delivered(event) => vec![self.delivered(event)],
        }
    }

    fn opening(&self, providers: &[(String, String, String)], folder: &Path, http: &str) -> Vec<String> {
        let mut lines = vec![format!(
            "blocktap demo, seed {}: a living chain, and {} providers that will fail one after the other",
            self.seed,
            providers.len()
        )];
        for (name, operator, address) in providers {
            lines.push(format!("  {name:<9} of {operator:<10} {address}"));
        }
        lines.push(format!("  writes to {}, tells of itself at {http}", folder.display()));
        lines
    }

    fn notice(&self, notice: &Notice) -> Vec<String> {
        let (colour, text) = match notice {
            Notice::Elected { to, reason, term, .. } => {
                (Colour::Cyan, format!("* {to} leads, term {term}: {reason}"))
            }
            Notice::WentOn { leader, gap } => {
                let gap = gap.as_millis();
                (Colour::Cyan, format!("* first block under {leader}, {gap} ms after the last one before"))
            }
            Notice::LeaderLost { why } => (Colour::Red, format!("* nobody may lead: {why}")),
            Notice::Reorged { depth, old_tip } => {
                (Colour::Yellow, format!("~ reorg: the {depth} newest blocks up to {old_tip} are replaced"))
            }
            Notice::Quarantined { provider, block, evidence, pause } => {
                let pause = humantime::format_duration(*pause);
                (
                    Colour::Red,
                    format!(
                        "x {provider} rejected with proof, block {block}: {evidence}; not asked for {pause}"
                    ),
                )
            }
            Notice::Held { block, .. } => {
                (Colour::Yellow, format!("~ waiting for a second operator that has block {block}"))
            }
            Notice::Excused { checks, block, .. } => (
                Colour::Red,
                format!("x block {block} fails {} with everybody, passed on", checks.join(", ")),
            ),
            Notice::Forked { operator } => {
                (Colour::Yellow, format!("~ operator {operator} holds to a branch that lost"))
            }
            Notice::Halted { why } => (Colour::Red, format!("# halted: {why}")),
            Notice::Resumed => (Colour::Green, "# going on".into()),
            Notice::Degraded(weakness) => (Colour::Red, format!("~ {}", weakness.words())),
            Notice::Mended(_) => (Colour::Green, "~ firm again".into()),
            Notice::Misfit { why } | Notice::GivenUp { actor: why } => (Colour::Red, format!("# {why}")),
        };
        vec![self.timed(colour, &text)]
    }

    fn delivered(&self, event: &Event) -> String {
        let envelope = &event.envelope;
        let block = format!("{:>5} {}", envelope.block_number, envelope.block_hash.short());
        match envelope.step {
            Step::Apply => self.timed(Colour::Green, &format!("+ {block}  {}", evidence(envelope))),
            Step::Undo => self.timed(Colour::Blue, &format!("- {block}  undone")),
            Step::Final => self.timed(Colour::Grey, &format!("= {block}  and all below are final")),
            Step::Skip => self.timed(Colour::Grey, &format!(". {block}  holds no block")),
        }
    }

    /// The lines at the end.
    pub fn end(&self, summary: &Summary, folder: &Path) -> Vec<String> {
        let gap = summary.longest_gap.unwrap_or(Duration::ZERO).as_millis();
        let settings = folder.join("Settings.toml");
        let whole = match &summary.fault {
            None => "every event is chained to the one before it".to_owned(),
            Some(fault) => format!("the chain of events is broken: {fault}"),
        };
        let colour = if summary.is_whole() { Colour::Green } else { Colour::Red };
        let verdict = format!(
            "lost {}, duplicated {}, false {}; {whole}",
            summary.lost, summary.duplicated, summary.false_blocks
        );
        vec![
            String::new(),
            format!(
                "{}, {}, {} (longest gap {gap} ms), {} caught",
                counted(summary.applied, "block", "blocks"),
                counted(summary.undone, "undo", "undos"),
                counted(summary.failovers, "failover", "failovers"),
                counted(summary.lies, "lie", "lies"),
            ),
            self.paint(colour, &verdict),
            format!("seed {}: --seed {} repeats the chain and its faults", self.seed, self.seed),
            "look into".into(),
            format!("  {:<40}  every event, one JSON object a line", folder.join("blocks.jsonl").display()),
            format!("  {:<40}  blocks and transactions as tables", folder.join("blocks.db").display()),
            "prove it".into(),
            format!("  {} verify journal --settings {}", program(), settings.display()),
            format!("  {} verify sink lines --settings {}", program(), settings.display()),
        ]
    }

    fn timed(&self, colour: Colour, text: &str) -> String {
        let elapsed = self.began.elapsed().as_secs_f64();
        format!("{elapsed:>6.1}s  {}", self.paint(colour, text))
    }

    /// What providers say in it stays one line.
    fn paint(&self, colour: Colour, text: &str) -> String {
        let text = plain::line(text);
        match self.colours {
            Colours::Ansi => format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8),
            Colours::None => text,
        }
    }
}

/// What the script says happens, without the height that the lines around it show.
fn fate(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, fate)| fate)
}

fn evidence(envelope: &Envelope) -> String {
    let Some(source) = &envelope.source else { return String::new() };
    let agreed = source.agreed.join(", ");
    format!("by {:<8} {} checks hold, agreed by {agreed}", source.served_by, source.verified.len())
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What was typed to start this program, so that it can be typed again.
fn program() -> String {
    std::env::args_os().next().map_or_else(|| "blocktap".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;
    use crate::core::header::BlockRef;
    use crate::core::numbers::Height;

    #[test]
    fn what_providers_say_stays_in_its_line_and_colour() {
        let block = BlockRef { height: Height(1), hash: Hash([1; 32]) };
        let evidence = "x\n\u{1b}[2Jy\u{202e}".to_owned();
        let pause = Duration::from_secs(1);
        let notice = Notice::Quarantined { provider: "a".into(), block, evidence, pause };
        let lines = Picture::new(1, Colours::Ansi).lines(&Scene::Notice(notice));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("x  [2Jy "), "{lines:?}");
        assert_eq!(lines[0].matches(plain::acts).count(), 2, "more than the colour and its end: {lines:?}");
    }
}
