-- A load that would take too much from a register is held until somebody accepts it; a file counts
-- as loaded only together with what its declaration said of its records.

ALTER TABLE ops.load
    ADD COLUMN declaration_sha256 TEXT,
    ADD COLUMN file_path TEXT,
    ADD COLUMN declaration_path TEXT,
    ADD COLUMN settled_by BIGINT CONSTRAINT fk_load_settled_by REFERENCES ops.load (load_id);
CREATE INDEX ix_load_held ON ops.load (source, file)
    WHERE status IN ('held', 'accepted', 'superseded');
