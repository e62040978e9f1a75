use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::catalogue::{self, CATALOGUE, Kind};
use super::{Exporter, recorder};
use crate::http::process::Usage;

/// What a scraper makes of a text; panics where Prometheus would refuse it.
pub(in crate::http) struct Scraped {
    pub(in crate::http) samples: BTreeMap<String, f64>,
    pub(in crate::http) types: BTreeMap<String, String>,
    helped: BTreeSet<String>,
}

impl Scraped {
    pub(in crate::http) fn parse(text: &str) -> Self {
        let mut scraped = Self { samples: BTreeMap::new(), types: BTreeMap::new(), helped: BTreeSet::new() };
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix("# ") {
                scraped.comment(comment);
            } else {
                scraped.sample(line);
            }
        }
        assert!(text.is_empty() || text.ends_with('\n'), "the last line must end");
        scraped
    }

    fn comment(&mut self, comment: &str) {
        let mut words = comment.splitn(3, ' ');
        let (keyword, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        assert_name(name);
        match keyword {
            "HELP" => assert!(self.helped.insert(name.into()), "{name} is explained twice"),
            "TYPE" => {
                assert!(["counter", "gauge", "histogram"].contains(&rest), "{comment}");
                assert!(self.types.insert(name.into(), rest.into()).is_none(), "{name} has two types");
            }
            _ => panic!("{comment}"),
        }
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        assert_name(name);
        assert!(labels.ends_with('}'), "{line}");
        let base =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(self.types.contains_key(name) || self.types.contains_key(base), "{line} has no type");
        let value = value.replace("+Inf", "inf").parse().unwrap();
        assert!(self.samples.insert(series.into(), value).is_none(), "{series} is there twice");
    }
}

fn assert_name(name: &str) {
    let legal = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || sign == ':';
    assert!(name.chars().all(legal) && !name.starts_with(|sign: char| sign.is_ascii_digit()), "{name}");
}

fn measure_everything() {
    for entry in CATALOGUE {
        match entry.kind {
            Kind::Counter => metrics::counter!(entry.name, "provider" => "a \"quoted\\ name\n").increment(3),
            Kind::Gauge => metrics::gauge!(entry.name, "chain" => "ethereum").set(2.5),
            Kind::Histogram => metrics::histogram!(entry.name, "chain" => "ethereum").record(0.2),
        }
    }
}

#[test]
fn what_was_measured_is_text_that_prometheus_reads() {
    let recorder = recorder().unwrap();
    let exporter = Exporter(recorder.handle());
    metrics::with_local_recorder(&recorder, || {
        catalogue::describe();
        measure_everything();
    });
    let scraped = Scraped::parse(&exporter.render());
    for entry in CATALOGUE {
        let kind = format!("{:?}", entry.kind).to_lowercase();
        assert_eq!(scraped.types.get(entry.name), Some(&kind), "{}", entry.name);
        assert!(scraped.helped.contains(entry.name), "{}", entry.name);
    }
    assert_eq!(scraped.samples["blocktap_blocks_missing{chain=\"ethereum\"}"], 2.5);
    let within = |bound| format!("blocktap_processing_seconds_bucket{{chain=\"ethereum\",le=\"{bound}\"}}");
    assert_eq!((scraped.samples[&within("0.1")], scraped.samples[&within("0.25")]), (0.0, 1.0));
    assert_eq!(scraped.samples.contains_key("process_resident_memory_bytes"), Usage::now().is_some());
}

#[test]
fn names_say_kind_and_unit() {
    for entry in CATALOGUE {
        assert_eq!(entry.name.ends_with("_total"), entry.kind == Kind::Counter, "{}", entry.name);
        assert_eq!(entry.name.ends_with("_seconds"), entry.kind == Kind::Histogram, "{}", entry.name);
        assert!(entry.name.starts_with("blocktap_"));
    }
}

#[test]
fn every_metric_in_the_sources_is_in_the_catalogue_and_no_other() {
    let mut measured = BTreeSet::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut measured);
    let explained: BTreeSet<_> =
        CATALOGUE.iter().map(|entry| (entry.kind_word(), entry.name.into())).collect();
    assert_eq!(measured, explained);
}

impl catalogue::Entry {
    fn kind_word(&self) -> String {
        format!("{:?}", self.kind).to_lowercase()
    }
}

fn collect(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), found);
        } else {
            let source = std::fs::read_to_string(entry.path()).unwrap_or_default();
            found.extend(source.split("metrics::").skip(1).filter_map(measurement));
        }
    }
}

/// The kind and name of a measurement, from what stands behind `metrics::`.
fn measurement(source: &str) -> Option<(String, String)> {
    let (kind, rest) = source.split_once("!(")?;
    let name = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    ["counter", "gauge", "histogram"].contains(&kind).then(|| (kind.to_owned(), name.to_owned()))
}

#[tokio::test]
async fn one_exporter_keeps_what_the_whole_process_measures() {
    let exporter = Exporter::install().unwrap();
    metrics::counter!("blocktap_blocks_total", "chain" => "of this test").increment(2);
    let scraped = Scraped::parse(&exporter.render());
    assert_eq!(scraped.samples["blocktap_blocks_total{chain=\"of this test\"}"], 2.0);
    assert!(Exporter::install().is_err());
}
