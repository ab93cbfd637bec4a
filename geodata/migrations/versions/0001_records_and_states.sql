-- Records, districts, loads, provenance and states. geodata/tables.py says what each is.

CREATE TABLE ops.departure (
    departure_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    service_on DATE NOT NULL,
    run_id BIGINT NOT NULL,
    trip_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    direction_id INTEGER NOT NULL,
    stop_id TEXT NOT NULL,
    stop_sequence INTEGER NOT NULL,
    departs_at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_boardable BOOLEAN NOT NULL,
    is_estimated BOOLEAN NOT NULL,
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_departure PRIMARY KEY (departure_row)
);
CREATE INDEX ix_departure_departs ON ops.departure (departs_at);
CREATE INDEX ix_departure_load ON ops.departure (load_id);

CREATE TABLE ops.district (
    district_id TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    area_km2 FLOAT,
    geom geometry(MULTIPOLYGON,4326),
    CONSTRAINT pk_district PRIMARY KEY (district_id)
);
CREATE INDEX ix_district_geom ON ops.district USING gist (geom);

CREATE TABLE ops.gtfs_stop_time (
    stop_time_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    trip_id TEXT NOT NULL,
    stop_sequence INTEGER NOT NULL,
    stop_id TEXT NOT NULL,
    arrival_s INTEGER,
    departure_s INTEGER,
    pickup_type INTEGER DEFAULT '0' NOT NULL,
    drop_off_type INTEGER DEFAULT '0' NOT NULL,
    timepoint INTEGER,
    shape_dist_traveled FLOAT,
    is_estimated BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT pk_gtfs_stop_time PRIMARY KEY (stop_time_row)
);
CREATE INDEX ix_gtfs_stop_time_load ON ops.gtfs_stop_time (load_id);
CREATE UNIQUE INDEX uq_gtfs_stop_time_current ON ops.gtfs_stop_time (source, trip_id, stop_sequence) WHERE retired_by IS NULL;

CREATE TABLE ops.layer_breaks (
    indicator TEXT NOT NULL,
    component TEXT NOT NULL,
    res INTEGER NOT NULL,
    build_id BIGINT NOT NULL,
    breaks FLOAT[] NOT NULL,
    CONSTRAINT pk_layer_breaks PRIMARY KEY (indicator, component, res, build_id)
);

CREATE TABLE ops.load (
    load_id BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    table_name TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    status TEXT NOT NULL,
    provenance TEXT NOT NULL,
    owner TEXT NOT NULL,
    licence TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rows_in INTEGER NOT NULL,
    rows_loaded INTEGER NOT NULL,
    rows_rejected INTEGER NOT NULL,
    records INTEGER NOT NULL,
    event_from TIMESTAMP WITH TIME ZONE,
    event_to TIMESTAMP WITH TIME ZONE,
    stages JSONB DEFAULT '[]'::jsonb NOT NULL,
    message TEXT,
    CONSTRAINT pk_load PRIMARY KEY (load_id)
);
CREATE INDEX ix_load_source ON ops.load (source, sha256);

CREATE TABLE ops.network_sample (
    network_sample_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    sample_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    technology TEXT NOT NULL,
    operator TEXT,
    sampled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    down_kbps FLOAT,
    up_kbps FLOAT,
    latency_ms FLOAT,
    rsrp_dbm FLOAT,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_network_sample PRIMARY KEY (network_sample_row)
);
CREATE INDEX ix_network_sample_geom ON ops.network_sample USING gist (geom);
CREATE INDEX ix_network_sample_load ON ops.network_sample (load_id);
CREATE INDEX ix_network_sample_sampled ON ops.network_sample (sampled_at);
CREATE UNIQUE INDEX uq_network_sample_current ON ops.network_sample (source, sample_id) WHERE retired_by IS NULL;

CREATE TABLE ops.state_build (
    build_id BIGINT GENERATED ALWAYS AS IDENTITY,
    indicator TEXT NOT NULL,
    built_at TIMESTAMP WITH TIME ZONE NOT NULL,
    load_ids BIGINT[] NOT NULL,
    sources TEXT[] NOT NULL,
    is_simulated BOOLEAN NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_state_build PRIMARY KEY (build_id)
);
CREATE INDEX ix_state_build_indicator ON ops.state_build (indicator, build_id);

CREATE TABLE ops.facility (
    facility_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    facility_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT,
    name_en TEXT,
    operator TEXT,
    technology TEXT,
    node_id TEXT,
    site_id TEXT,
    is_active BOOLEAN DEFAULT 'true' NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE,
    beds FLOAT,
    doctors FLOAT,
    attributes JSONB DEFAULT '{}'::jsonb NOT NULL,
    footprint geometry(MULTIPOLYGON,4326),
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_facility PRIMARY KEY (facility_row),
    CONSTRAINT fk_facility_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_facility_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_facility_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_facility_geom ON ops.facility USING gist (geom);
CREATE INDEX ix_facility_load ON ops.facility (load_id);
CREATE UNIQUE INDEX uq_facility_current ON ops.facility (source, kind, facility_id) WHERE retired_by IS NULL;

CREATE TABLE ops.gtfs_feed (
    feed_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    timezone TEXT NOT NULL,
    publisher TEXT,
    version TEXT,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    max_time_s INTEGER NOT NULL,
    CONSTRAINT pk_gtfs_feed PRIMARY KEY (feed_row),
    CONSTRAINT fk_gtfs_feed_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_feed_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);

CREATE TABLE ops.gtfs_frequency (
    frequency_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    trip_id TEXT NOT NULL,
    start_s INTEGER NOT NULL,
    end_s INTEGER NOT NULL,
    headway_s INTEGER NOT NULL,
    exact_times BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT pk_gtfs_frequency PRIMARY KEY (frequency_row),
    CONSTRAINT fk_gtfs_frequency_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_frequency_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_gtfs_frequency_load ON ops.gtfs_frequency (load_id);
CREATE UNIQUE INDEX uq_gtfs_frequency_current ON ops.gtfs_frequency (source, trip_id, start_s) WHERE retired_by IS NULL;

CREATE TABLE ops.gtfs_route (
    route_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    route_id TEXT NOT NULL,
    agency_id TEXT,
    route_short_name TEXT,
    route_long_name TEXT,
    route_type INTEGER NOT NULL,
    CONSTRAINT pk_gtfs_route PRIMARY KEY (route_row),
    CONSTRAINT fk_gtfs_route_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_route_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_gtfs_route_load ON ops.gtfs_route (load_id);
CREATE UNIQUE INDEX uq_gtfs_route_current ON ops.gtfs_route (source, route_id) WHERE retired_by IS NULL;

CREATE TABLE ops.gtfs_service_day (
    service_day_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    service_id TEXT NOT NULL,
    service_on DATE NOT NULL,
    CONSTRAINT pk_gtfs_service_day PRIMARY KEY (service_day_row),
    CONSTRAINT fk_gtfs_service_day_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_service_day_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_gtfs_service_day_load ON ops.gtfs_service_day (load_id);
CREATE UNIQUE INDEX uq_gtfs_service_day_current ON ops.gtfs_service_day (source, service_id, service_on) WHERE retired_by IS NULL;

CREATE TABLE ops.gtfs_shape (
    shape_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    shape_id TEXT NOT NULL,
    geom geometry(LINESTRING,4326) NOT NULL,
    CONSTRAINT pk_gtfs_shape PRIMARY KEY (shape_row),
    CONSTRAINT fk_gtfs_shape_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_shape_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_gtfs_shape_geom ON ops.gtfs_shape USING gist (geom);
CREATE INDEX ix_gtfs_shape_load ON ops.gtfs_shape (load_id);
CREATE UNIQUE INDEX uq_gtfs_shape_current ON ops.gtfs_shape (source, shape_id) WHERE retired_by IS NULL;

CREATE TABLE ops.gtfs_stop (
    stop_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    stop_id TEXT NOT NULL,
    stop_name TEXT,
    location_type INTEGER DEFAULT '0' NOT NULL,
    parent_station TEXT,
    is_boardable BOOLEAN DEFAULT 'false' NOT NULL,
    is_rail BOOLEAN DEFAULT 'false' NOT NULL,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_gtfs_stop PRIMARY KEY (stop_row),
    CONSTRAINT fk_gtfs_stop_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_stop_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_stop_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_gtfs_stop_geom ON ops.gtfs_stop USING gist (geom);
CREATE INDEX ix_gtfs_stop_load ON ops.gtfs_stop (load_id);
CREATE UNIQUE INDEX uq_gtfs_stop_current ON ops.gtfs_stop (source, stop_id) WHERE retired_by IS NULL;

CREATE TABLE ops.gtfs_trip (
    trip_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    trip_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    service_id TEXT NOT NULL,
    direction_id INTEGER,
    shape_id TEXT,
    trip_headsign TEXT,
    CONSTRAINT pk_gtfs_trip PRIMARY KEY (trip_row),
    CONSTRAINT fk_gtfs_trip_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_gtfs_trip_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_gtfs_trip_load ON ops.gtfs_trip (load_id);
CREATE UNIQUE INDEX uq_gtfs_trip_current ON ops.gtfs_trip (source, trip_id) WHERE retired_by IS NULL;

CREATE TABLE ops.incident (
    incident_id BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    record_id TEXT NOT NULL,
    revision INTEGER DEFAULT '0' NOT NULL,
    event_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    category TEXT,
    priority TEXT,
    unit_id TEXT,
    address TEXT,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    notified_at TIMESTAMP WITH TIME ZONE,
    enroute_at TIMESTAMP WITH TIME ZONE,
    arrived_at TIMESTAMP WITH TIME ZONE,
    cleared_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    is_emergency BOOLEAN DEFAULT 'true' NOT NULL,
    is_cancelled BOOLEAN DEFAULT 'false' NOT NULL,
    is_mutual_aid BOOLEAN DEFAULT 'false' NOT NULL,
    is_test BOOLEAN DEFAULT 'false' NOT NULL,
    is_duplicate BOOLEAN DEFAULT 'false' NOT NULL,
    is_batch_keyed BOOLEAN DEFAULT 'false' NOT NULL,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_incident PRIMARY KEY (incident_id),
    CONSTRAINT fk_incident_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_incident_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_incident_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_incident_geom ON ops.incident USING gist (geom);
CREATE INDEX ix_incident_load ON ops.incident (load_id);
CREATE INDEX ix_incident_received ON ops.incident (received_at, channel);
CREATE UNIQUE INDEX uq_incident_current ON ops.incident (source, record_id) WHERE retired_by IS NULL;

CREATE TABLE ops.population (
    population_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    unit_id TEXT NOT NULL,
    vintage_on DATE NOT NULL,
    residents FLOAT NOT NULL,
    original_lon FLOAT,
    original_lat FLOAT,
    datum TEXT,
    geom geometry(POINT,4326),
    cell BIGINT,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_population PRIMARY KEY (population_row),
    CONSTRAINT fk_population_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_population_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_population_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_population_geom ON ops.population USING gist (geom);
CREATE INDEX ix_population_load ON ops.population (load_id);
CREATE UNIQUE INDEX uq_population_current ON ops.population (source, unit_id, cell, district_id) WHERE retired_by IS NULL;

CREATE TABLE ops.rejected_row (
    rejected_id BIGINT GENERATED ALWAYS AS IDENTITY,
    load_id BIGINT NOT NULL,
    file TEXT NOT NULL,
    row_number INTEGER,
    field TEXT,
    reason TEXT NOT NULL,
    raw JSONB,
    CONSTRAINT pk_rejected_row PRIMARY KEY (rejected_id),
    CONSTRAINT fk_rejected_row_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_rejected_row_load ON ops.rejected_row (load_id);

CREATE TABLE ops.source_coverage (
    coverage_id BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    table_name TEXT NOT NULL,
    component TEXT,
    district_id TEXT,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_source_coverage PRIMARY KEY (coverage_id),
    CONSTRAINT fk_source_coverage_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_source_coverage_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_source_coverage_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_source_coverage_table ON ops.source_coverage (table_name, starts_at);

CREATE TABLE ops.speed_tile (
    speed_tile_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    quadkey TEXT NOT NULL,
    technology TEXT NOT NULL,
    quarter_on DATE NOT NULL,
    avg_d_kbps FLOAT,
    avg_u_kbps FLOAT,
    avg_lat_ms FLOAT,
    avg_lat_down_ms FLOAT,
    avg_lat_up_ms FLOAT,
    tests INTEGER NOT NULL,
    devices INTEGER,
    geom geometry(POLYGON,4326),
    CONSTRAINT pk_speed_tile PRIMARY KEY (speed_tile_row),
    CONSTRAINT fk_speed_tile_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_speed_tile_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id)
);
CREATE INDEX ix_speed_tile_geom ON ops.speed_tile USING gist (geom);
CREATE INDEX ix_speed_tile_load ON ops.speed_tile (load_id);
CREATE UNIQUE INDEX uq_speed_tile_current ON ops.speed_tile (source, technology, quarter_on, quadkey) WHERE retired_by IS NULL;

CREATE TABLE ops.state (
    indicator TEXT NOT NULL,
    component TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    cell BIGINT NOT NULL,
    district_id TEXT NOT NULL,
    build_id BIGINT NOT NULL,
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
    is_estimated BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT pk_state PRIMARY KEY (indicator, component, starts_at, cell, district_id),
    CONSTRAINT fk_state_build_id FOREIGN KEY(build_id) REFERENCES ops.state_build (build_id) ON DELETE CASCADE
);
CREATE INDEX ix_state_build ON ops.state (build_id);
CREATE INDEX ix_state_cell ON ops.state (indicator, cell);

CREATE TABLE ops.statistic (
    statistic_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    variable TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    item TEXT DEFAULT '' NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    value FLOAT NOT NULL,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_statistic PRIMARY KEY (statistic_row),
    CONSTRAINT fk_statistic_load_id FOREIGN KEY(load_id) REFERENCES ops.load (load_id),
    CONSTRAINT fk_statistic_retired_by FOREIGN KEY(retired_by) REFERENCES ops.load (load_id),
    CONSTRAINT fk_statistic_district_id FOREIGN KEY(district_id) REFERENCES ops.district (district_id)
);
CREATE INDEX ix_statistic_load ON ops.statistic (load_id);
CREATE UNIQUE INDEX uq_statistic_current ON ops.statistic (source, variable, entity_id, item, starts_at) WHERE retired_by IS NULL;
