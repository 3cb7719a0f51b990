-- The vault, version 1. Update ids are 8 bytes big endian: LDK uses all of u64, SQLite's integers end at 2^63.

-- One row: how many commits there were, and who wrote the last one.
CREATE TABLE stamp (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    writer     BLOB NOT NULL
);

-- One row: LDK's ChannelManager.
CREATE TABLE manager (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    body BLOB NOT NULL
);

-- LDK's ChannelMonitors: a whole one, and the updates since.
CREATE TABLE monitor (
    key            TEXT PRIMARY KEY,
    base_update_id BLOB NOT NULL CHECK (length(base_update_id) = 8),
    base           BLOB NOT NULL,
    archived       INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE monitor_update (
    key       TEXT NOT NULL REFERENCES monitor (key) ON DELETE CASCADE,
    update_id BLOB NOT NULL CHECK (length(update_id) = 8),
    body      BLOB NOT NULL,
    PRIMARY KEY (key, update_id)
);

-- The payment journal, and the attempts under each payment.
CREATE TABLE journal (
    id           BLOB PRIMARY KEY,
    direction    INTEGER NOT NULL,
    hash         BLOB,
    status       INTEGER NOT NULL,
    created_secs INTEGER NOT NULL,
    updated_secs INTEGER NOT NULL,
    body         BLOB NOT NULL
);
CREATE UNIQUE INDEX journal_hash ON journal (direction, hash) WHERE hash IS NOT NULL;
CREATE INDEX journal_created ON journal (created_secs);
CREATE TABLE attempt (
    payment      BLOB NOT NULL REFERENCES journal (id),
    number       INTEGER NOT NULL,
    attempt_id   BLOB NOT NULL UNIQUE,
    started_secs INTEGER NOT NULL,
    PRIMARY KEY (payment, number)
);

-- BDK's change sets, in the order they were staged.
CREATE TABLE changeset (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL
);

-- Transactions to broadcast until they are known to be out.
CREATE TABLE outbox (
    txid         BLOB PRIMARY KEY,
    kind         INTEGER NOT NULL,
    package      BLOB NOT NULL,
    created_secs INTEGER NOT NULL
);

-- LDK's key-value store.
CREATE TABLE kv (
    primary_namespace   TEXT NOT NULL,
    secondary_namespace TEXT NOT NULL,
    key                 TEXT NOT NULL,
    value               BLOB NOT NULL,
    PRIMARY KEY (primary_namespace, secondary_namespace, key)
) WITHOUT ROWID;
