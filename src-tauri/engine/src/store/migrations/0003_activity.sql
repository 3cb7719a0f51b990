-- Version 3. Questions about payments are answered from indexes, and nothing of the history is read whole.

-- 1: the journal holds the row in memory, because it may still change. 0: it does not. NULL: a row of version 2 that has not
-- been indexed yet; the journal does that before it is used.
ALTER TABLE journal ADD COLUMN live INTEGER;
CREATE INDEX journal_live ON journal (live) WHERE live IS NOT 0;

-- The list has an index of its own.
DROP INDEX journal_created;

-- What a payment is found by, besides its id and its hash.
CREATE TABLE journal_key (
    kind    INTEGER NOT NULL,
    key     BLOB NOT NULL,
    payment BLOB NOT NULL REFERENCES journal (id),
    PRIMARY KEY (kind, key, payment)
) WITHOUT ROWID;

-- The list's decided payments in its order, each with what a search compares.
CREATE TABLE activity (
    created_secs INTEGER NOT NULL,
    payment      BLOB NOT NULL REFERENCES journal (id),
    sat          TEXT NOT NULL,
    text         TEXT NOT NULL,
    PRIMARY KEY (created_secs, payment)
) WITHOUT ROWID;
