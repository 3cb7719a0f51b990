-- Version 2. The manager's bytes are followed by zeros, so that the row keeps its size while the manager's own changes: SQLite
-- then overwrites it where it is, and writes only the pages that differ. `size` is the manager's own, 8 bytes big endian;
-- NULL: all of `body`, as version 1 wrote it.
ALTER TABLE manager ADD COLUMN size BLOB CHECK (length(size) = 8);
