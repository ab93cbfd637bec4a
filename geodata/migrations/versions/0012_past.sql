-- What states and builds were before they were replaced.

CREATE TABLE ops.state_build_past (
    build_id BIGINT NOT NULL,
    indicator TEXT NOT NULL,
    built_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sources TEXT[] NOT NULL,
    is_simulated BOOLEAN NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE,
    definition TEXT,
    classes_id BIGINT,
    state_rows BIGINT NOT NULL,
    replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_state_build_past PRIMARY KEY (build_id)
);
CREATE INDEX ix_state_build_past_replaced ON ops.state_build_past (replaced_at);

CREATE TABLE ops.state_past (
    indicator TEXT NOT NULL,
    component TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    cell BIGINT NOT NULL,
    district_id TEXT NOT NULL,
    build_id BIGINT NOT NULL,
    measure SMALLINT NOT NULL,
    n BIGINT NOT NULL,
    n_missing BIGINT NOT NULL,
    num FLOAT,
    den FLOAT,
    sum_w FLOAT,
    sum_wx FLOAT,
    sum_x FLOAT,
    sum_x2 FLOAT,
    vals FLOAT[],
    ids BIGINT[],
    hist INTEGER[],
    is_estimated BOOLEAN NOT NULL,
    replaced_by BIGINT NOT NULL
);
CREATE INDEX ix_state_past_replaced ON ops.state_past (indicator, replaced_by);
CREATE INDEX ix_state_past_starts ON ops.state_past (indicator, starts_at);
