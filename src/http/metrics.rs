//! All metrics, as Prometheus reads them.
//!
//! Whoever measures calls the `metrics` crate and knows nothing of this; here is where the numbers are kept and written down.
//! Labels are names out of the configuration, or words out of small closed lists, so the number of series is bounded.

pub mod catalogue;

use std::time::Duration;

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::process::Usage;

/// Upper bounds of the buckets of everything that is measured in seconds: a local node answers within milliseconds, a
/// deadline is seldom longer than a minute.
pub const SECONDS: [f64; 14] =
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// How often samples are sorted into their buckets. Until then each one takes memory, whether anybody asks or not.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Why metrics cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be kept: {0}")]
pub struct InstallError(#[from] BuildError);

/// Writes down what was measured.
#[derive(Clone, Debug)]
pub struct Exporter(PrometheusHandle);

impl Exporter {
    /// Keeps what is measured anywhere in the process from now on. Must be called within a runtime, which carries the upkeep.
    ///
    /// # Errors
    /// When somebody else keeps metrics already.
    pub fn install() -> Result<Self, InstallError> {
        let recorder = recorder()?;
        let exporter = Self(recorder.handle());
        metrics::set_global_recorder(recorder).map_err(BuildError::from)?;
        catalogue::describe();
        let kept = exporter.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_EVERY).await;
                kept.0.run_upkeep();
            }
        });
        Ok(exporter)
    }

    /// All metrics and what the process uses, in Prometheus' text format, version 0.0.4.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        let mut text = self.0.render();
        if let Some(usage) = Usage::now() {
            text.push_str(&usage.to_string());
        }
        text
    }
}

fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new();
    Ok(builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?.build_recorder())
}

#[cfg(test)]
pub(in crate::http) mod tests;
