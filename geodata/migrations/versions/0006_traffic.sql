-- Roads between plate readers and travel times. geodata/tables/traffic.py says what each is.

CREATE TABLE ops.link_time (
    link_time_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    link_id TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    day_part TEXT NOT NULL,
    n INTEGER NOT NULL,
    length_m FLOAT NOT NULL,
    time_s FLOAT NOT NULL,
    free_flow_s FLOAT,
    time_total_s FLOAT NOT NULL,
    delay_total_s FLOAT,
    free_flow_total_s FLOAT,
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_link_time PRIMARY KEY (link_time_row)
);
CREATE INDEX ix_link_time_load ON ops.link_time (load_id);
CREATE INDEX ix_link_time_starts ON ops.link_time (starts_at);
CREATE UNIQUE INDEX uq_link_time_current ON ops.link_time (source, link_id, starts_at) WHERE retired_by IS NULL;

CREATE TABLE ops.reader_link (
    reader_link_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    link_id TEXT NOT NULL,
    from_reader TEXT NOT NULL,
    to_reader TEXT NOT NULL,
    name TEXT,
    road_class TEXT,
    length_m FLOAT NOT NULL,
    path geometry(LINESTRING,4326),
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_reader_link PRIMARY KEY (reader_link_row),
    CONSTRAINT fk_reader_link_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_reader_link_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_reader_link_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_reader_link_geom ON ops.reader_link USING gist (geom);
CREATE INDEX ix_reader_link_load ON ops.reader_link (load_id);
CREATE UNIQUE INDEX uq_reader_link_current ON ops.reader_link (source, link_id) WHERE retired_by IS NULL;
