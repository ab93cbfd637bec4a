-- Roads and travel times.

CREATE TABLE ops.road_edge (
    road_edge_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    way_id BIGINT NOT NULL,
    segment INTEGER NOT NULL,
    from_node BIGINT NOT NULL,
    to_node BIGINT NOT NULL,
    highway TEXT NOT NULL,
    length_m FLOAT NOT NULL,
    speed_kmh FLOAT NOT NULL,
    is_speed_estimated BOOLEAN NOT NULL,
    drive_s FLOAT NOT NULL,
    is_drivable BOOLEAN NOT NULL,
    is_drivable_back BOOLEAN NOT NULL,
    is_walkable BOOLEAN NOT NULL,
    geom geometry(LINESTRING,4326) NOT NULL,
    CONSTRAINT pk_road_edge PRIMARY KEY (road_edge_row)
);
CREATE INDEX ix_road_edge_geom ON ops.road_edge USING gist (geom);
CREATE INDEX ix_road_edge_load ON ops.road_edge (load_id);
CREATE UNIQUE INDEX uq_road_edge_current ON ops.road_edge (source, way_id, segment) WHERE retired_by IS NULL;

CREATE TABLE ops.road_node (
    road_node_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    node_id BIGINT NOT NULL,
    geom geometry(POINT,4326) NOT NULL,
    CONSTRAINT pk_road_node PRIMARY KEY (road_node_row)
);
CREATE INDEX ix_road_node_geom ON ops.road_node USING gist (geom);
CREATE INDEX ix_road_node_load ON ops.road_node (load_id);
CREATE UNIQUE INDEX uq_road_node_current ON ops.road_node (source, node_id) WHERE retired_by IS NULL;
