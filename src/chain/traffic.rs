//! Counts the bytes that are exchanged with providers.

/// Bytes went out.
pub(super) fn sent(bytes: usize) {
    metrics::counter!("blocktap_network_bytes_total", "direction" => "sent").increment(bytes as u64);
}

/// Bytes came in.
pub(super) fn received(bytes: usize) {
    metrics::counter!("blocktap_network_bytes_total", "direction" => "received").increment(bytes as u64);
}
