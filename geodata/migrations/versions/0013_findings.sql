-- What loads found wrong or odd in their files.

CREATE TABLE ops.finding (
    finding_id BIGINT GENERATED ALWAYS AS IDENTITY,
    load_id BIGINT NOT NULL,
    severity TEXT NOT NULL,
    code TEXT NOT NULL,
    file TEXT NOT NULL,
    row_number INTEGER,
    field TEXT,
    rows INTEGER NOT NULL,
    message_zh TEXT NOT NULL,
    message_en TEXT NOT NULL,
    CONSTRAINT pk_finding PRIMARY KEY (finding_id),
    CONSTRAINT fk_finding_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_finding_load ON ops.finding (load_id);
