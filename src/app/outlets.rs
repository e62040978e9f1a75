//! The sinks of one chain, made from the configuration and looked at before anything starts.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::chain::Outlet;
use super::error::AppError;
use crate::actors::sink::Build;
use crate::journal::Journal as Log;
use crate::settings::chain::Chain;
use crate::settings::sink::Sink as Described;
use crate::sink::error::SinkError;
use crate::sink::{Context, Position};

/// How long a sink may take to say where it stands.
const PATIENCE: Duration = Duration::from_secs(15);

/// The sinks that take `chain`.
pub fn of(app: &App, chain: &Chain) -> Result<Vec<Outlet>, AppError> {
    let taking = app.settings.sinks.iter().filter(|sink| sink.chains.contains(&chain.name));
    taking.map(|sink| outlet(app, chain, sink)).collect()
}

fn outlet(app: &App, chain: &Chain, sink: &Described) -> Result<Outlet, AppError> {
    let context = Context {
        name: sink.name.clone(),
        stream: chain.chain_id.clone(),
        chain: chain.name.clone(),
        folder: app.settings.folder.clone(),
    };
    let (registry, kind, table) = (app.registry.clone(), sink.kind.clone(), sink.table.clone());
    let make = move || registry.build(&kind, table.clone(), context.clone());
    make().map_err(|error| AppError::Sink { sink: sink.name.clone(), why: error.to_string() })?;
    let build: Build = Arc::new(move || make().map_err(|error| SinkError::Fatal(error.to_string())));
    Ok(Outlet { name: sink.name.clone(), build })
}

/// Looks at every sink once, so that what is wrong is said at the start.
///
/// # Errors
/// When one cannot be written, or holds events that the journal does not know because the journal is gone.
pub async fn inspect(outlets: &[Outlet], log: &dyn Log) -> Result<(), AppError> {
    for outlet in outlets {
        let fault = |why: String| AppError::Sink { sink: outlet.name.clone(), why };
        let mut sink = (outlet.build)().map_err(|error| fault(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, sink.position()).await {
            Ok(Ok(Position::After { seq, .. })) if log.tail().is_none() => {
                return Err(fault(orphaned(seq.0)));
            }
            Ok(Ok(_)) => {}
            Ok(Err(SinkError::Fatal(why))) => return Err(fault(why)),
            Ok(Err(error)) => {
                tracing::warn!(sink = outlet.name, %error, "sink is not ready, it will be tried again")
            }
            Err(_) => tracing::warn!(
                sink = outlet.name,
                "sink does not say where it stands, it will be tried again"
            ),
        }
    }
    Ok(())
}

fn orphaned(seq: u64) -> String {
    format!(
        "it holds events up to {seq}, but the journal is empty: restore data_dir to go on where it stands, \
         or move what the sink holds away to begin anew"
    )
}
