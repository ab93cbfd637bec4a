-- Stop events and dispatched trips. geodata/tables/observed.py says what each is.

CREATE TABLE ops.dispatch_trip (
    dispatch_trip_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    service_on DATE NOT NULL,
    dispatch_id TEXT NOT NULL,
    trip_id TEXT,
    route_id TEXT NOT NULL,
    vehicle_id TEXT,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    departed_at TIMESTAMP WITH TIME ZONE,
    scheduled_km FLOAT,
    run_km FLOAT,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_dispatch_trip PRIMARY KEY (dispatch_trip_row)
);
CREATE INDEX ix_dispatch_trip_load ON ops.dispatch_trip (load_id);
CREATE INDEX ix_dispatch_trip_planned ON ops.dispatch_trip (planned_at);
CREATE UNIQUE INDEX uq_dispatch_trip_current ON ops.dispatch_trip (source, service_on, dispatch_id) WHERE retired_by IS NULL;

CREATE TABLE ops.stop_event (
    stop_event_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    service_on DATE NOT NULL,
    trip_id TEXT NOT NULL,
    start_s INTEGER DEFAULT '0' NOT NULL,
    stop_sequence INTEGER NOT NULL,
    stop_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    direction_id INTEGER DEFAULT '0' NOT NULL,
    vehicle_id TEXT,
    scheduled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    observed_at TIMESTAMP WITH TIME ZONE,
    is_timepoint BOOLEAN DEFAULT 'true' NOT NULL,
    is_schedule_based BOOLEAN DEFAULT 'true' NOT NULL,
    is_cancelled BOOLEAN DEFAULT 'false' NOT NULL,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_stop_event PRIMARY KEY (stop_event_row)
);
CREATE INDEX ix_stop_event_load ON ops.stop_event (load_id);
CREATE INDEX ix_stop_event_scheduled ON ops.stop_event (scheduled_at);
CREATE UNIQUE INDEX uq_stop_event_current ON ops.stop_event (source, service_on, trip_id, start_s, stop_sequence) WHERE retired_by IS NULL;
