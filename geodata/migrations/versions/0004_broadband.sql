-- Premises, predicted radio coverage, the connection of schools. geodata/tables/broadband.py says what each is.

CREATE TABLE ops.premise (
    premise_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    premise_id TEXT NOT NULL,
    operator TEXT DEFAULT '' NOT NULL,
    service_level INTEGER NOT NULL,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_premise PRIMARY KEY (premise_row)
);
CREATE INDEX ix_premise_load ON ops.premise (load_id);
CREATE UNIQUE INDEX uq_premise_current ON ops.premise (source, premise_id, operator) WHERE retired_by IS NULL;

CREATE TABLE ops.radio_prediction (
    radio_prediction_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    operator TEXT NOT NULL,
    pixel_id TEXT NOT NULL,
    predicted_on DATE,
    rsrp_4g_dbm FLOAT,
    rsrp_5g_dbm FLOAT,
    sinr_5g_db FLOAT,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_radio_prediction PRIMARY KEY (radio_prediction_row)
);
CREATE INDEX ix_radio_prediction_load ON ops.radio_prediction (load_id);
CREATE UNIQUE INDEX uq_radio_prediction_current ON ops.radio_prediction (source, operator, pixel_id) WHERE retired_by IS NULL;

ALTER TABLE ops.facility
    ADD COLUMN students INTEGER,
    ADD COLUMN down_mbps FLOAT,
    ADD COLUMN contracted_mbps FLOAT;
