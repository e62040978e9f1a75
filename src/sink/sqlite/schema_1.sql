-- What blocktap keeps for people's queries. Columns are named as in ethereum-etl (its receipt columns as in the public
-- data sets: receipt_*). Amounts are decimal text, exact at any size; arrays are JSON. No index but the keys: add your own.

-- The canonical chain; a block that is undone leaves.
CREATE TABLE blocks (
  chain TEXT NOT NULL,
  number INTEGER NOT NULL,
  hash TEXT NOT NULL,
  parent_hash TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  transaction_count INTEGER,
  nonce TEXT,
  sha3_uncles TEXT,
  logs_bloom TEXT,
  transactions_root TEXT,
  state_root TEXT,
  receipts_root TEXT,
  miner TEXT,
  difficulty TEXT,
  total_difficulty TEXT,
  size INTEGER,
  extra_data TEXT,
  gas_limit INTEGER,
  gas_used INTEGER,
  base_fee_per_gas INTEGER,
  withdrawals_root TEXT,
  withdrawals TEXT,
  blob_gas_used INTEGER,
  excess_blob_gas INTEGER,
  PRIMARY KEY (chain, number)
);

CREATE TABLE transactions (
  chain TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  block_timestamp INTEGER NOT NULL,
  transaction_index INTEGER NOT NULL,
  hash TEXT,
  nonce INTEGER,
  from_address TEXT,
  to_address TEXT,
  value TEXT,
  gas INTEGER,
  gas_price INTEGER,
  input TEXT,
  max_fee_per_gas INTEGER,
  max_priority_fee_per_gas INTEGER,
  transaction_type INTEGER,
  max_fee_per_blob_gas INTEGER,
  blob_versioned_hashes TEXT,
  receipt_cumulative_gas_used INTEGER,
  receipt_gas_used INTEGER,
  receipt_contract_address TEXT,
  receipt_root TEXT,
  receipt_status INTEGER,
  receipt_effective_gas_price INTEGER,
  receipt_blob_gas_price INTEGER,
  receipt_blob_gas_used INTEGER,
  receipt_l1_fee TEXT,
  PRIMARY KEY (chain, block_number, transaction_index)
);

-- Filled where receipts are fetched.
CREATE TABLE logs (
  chain TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  block_timestamp INTEGER NOT NULL,
  log_index INTEGER NOT NULL,
  transaction_hash TEXT,
  transaction_index INTEGER,
  address TEXT,
  data TEXT,
  topics TEXT,
  PRIMARY KEY (chain, block_number, log_index)
);

-- Every event of every stream, without its body: the proof that nothing was lost, doubled or reordered.
CREATE TABLE events (
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  prev_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  step TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  parent_hash TEXT NOT NULL,
  block_time TEXT NOT NULL,
  finality TEXT NOT NULL,
  safe_number INTEGER,
  finalized_number INTEGER,
  reorg TEXT,
  source TEXT,
  PRIMARY KEY (stream, seq)
) WITHOUT ROWID;

-- Where blocktap goes on: moved in the same transaction as the rows above.
CREATE TABLE cursor (
  stream TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  epoch INTEGER NOT NULL
) WITHOUT ROWID;
