-- Live data: how far files were read, where vehicles are, calls that may be one event.

CREATE TABLE ops.event_candidate (
    candidate_id BIGINT GENERATED ALWAYS AS IDENTITY,
    first_source TEXT NOT NULL,
    first_record_id TEXT NOT NULL,
    second_source TEXT NOT NULL,
    second_record_id TEXT NOT NULL,
    distance_m FLOAT NOT NULL,
    gap_s FLOAT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by TEXT,
    load_id BIGINT,
    CONSTRAINT pk_event_candidate PRIMARY KEY (candidate_id)
);
CREATE INDEX ix_event_candidate_second ON ops.event_candidate (second_source, second_record_id);
CREATE INDEX ix_event_candidate_state ON ops.event_candidate (state, found_at);
CREATE UNIQUE INDEX uq_event_candidate_pair ON ops.event_candidate (first_source, first_record_id, second_source, second_record_id);

CREATE TABLE ops.live_position (
    source TEXT NOT NULL,
    file TEXT NOT NULL,
    offset_bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    mark TEXT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_live_position PRIMARY KEY (source, file)
);

CREATE TABLE ops.live_source (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    expected_s FLOAT NOT NULL,
    polled_at TIMESTAMP WITH TIME ZONE,
    last_event_at TIMESTAMP WITH TIME ZONE,
    message TEXT,
    CONSTRAINT pk_live_source PRIMARY KEY (source, kind)
);

CREATE TABLE ops.vehicle_position (
    source TEXT NOT NULL,
    vehicle_id TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    label TEXT,
    trip_id TEXT,
    service_on DATE,
    start_s INTEGER,
    route_id TEXT,
    direction_id INTEGER,
    bearing_deg FLOAT,
    speed_kmh FLOAT,
    progress_m FLOAT,
    off_shape_m FLOAT,
    stop_sequence INTEGER,
    deviation_s FLOAT,
    headway_s FLOAT,
    scheduled_headway_s FLOAT,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_vehicle_position PRIMARY KEY (source, vehicle_id)
);
CREATE INDEX ix_vehicle_position_recorded ON ops.vehicle_position (recorded_at);
