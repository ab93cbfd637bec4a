-- What may be published. geodata/tables/published.py says what each table is; the views for GIS
-- clients follow the tables.

CREATE TABLE ops.published_cell (
    cell BIGINT NOT NULL,
    res SMALLINT NOT NULL,
    zone TEXT NOT NULL,
    geom geometry(POLYGON,4326) NOT NULL,
    CONSTRAINT pk_published_cell PRIMARY KEY (cell)
);
CREATE INDEX ix_published_cell_geom ON ops.published_cell USING gist (geom);

CREATE TABLE ops.published_layer (
    layer_id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    indicator TEXT NOT NULL,
    component TEXT NOT NULL,
    code TEXT NOT NULL,
    domain TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    description_zh TEXT NOT NULL,
    description_en TEXT NOT NULL,
    unit_zh TEXT NOT NULL,
    unit_en TEXT NOT NULL,
    formula TEXT NOT NULL,
    res SMALLINT[] NOT NULL,
    period TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version TEXT NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sources TEXT[] NOT NULL,
    licences TEXT[] NOT NULL,
    owners TEXT[] NOT NULL,
    is_simulated BOOLEAN NOT NULL,
    smallest_count INTEGER,
    CONSTRAINT pk_published_layer PRIMARY KEY (layer_id),
    CONSTRAINT uq_published_layer_name UNIQUE (name)
);

CREATE TABLE ops.published_district (
    layer_id BIGINT NOT NULL,
    district_id TEXT NOT NULL,
    value FLOAT,
    lo FLOAT,
    hi FLOAT,
    n BIGINT,
    status SMALLINT NOT NULL,
    CONSTRAINT pk_published_district PRIMARY KEY (layer_id, district_id),
    CONSTRAINT fk_published_district_layer_id FOREIGN KEY(layer_id) REFERENCES ops.published_layer (layer_id) ON DELETE CASCADE
);

CREATE TABLE ops.published_value (
    layer_id BIGINT NOT NULL,
    cell BIGINT NOT NULL,
    res SMALLINT NOT NULL,
    value FLOAT,
    lo FLOAT,
    hi FLOAT,
    n BIGINT,
    status SMALLINT NOT NULL,
    CONSTRAINT pk_published_value PRIMARY KEY (layer_id, cell),
    CONSTRAINT fk_published_value_layer_id FOREIGN KEY(layer_id) REFERENCES ops.published_layer (layer_id) ON DELETE CASCADE
);

CREATE SCHEMA published;

CREATE VIEW published.districts AS
SELECT district_id AS id, name_zh, name_en, kind, area_km2, geom
FROM ops.district
WHERE geom IS NOT NULL;

-- Where a base station stands is its operator's business.
CREATE VIEW published.facilities AS
SELECT
    f.facility_row AS id, f.facility_id, f.kind, f.name, f.name_en, f.beds, f.doctors, f.district_id,
    l.provenance, l.licence, f.geom
FROM ops.facility f JOIN ops.load l USING (load_id)
WHERE f.retired_by IS NULL AND f.is_active AND f.geom IS NOT NULL
    AND f.kind <> 'base_station';

CREATE VIEW published.stops AS
SELECT
    s.stop_row AS id, s.stop_id, s.stop_name, s.location_type, s.is_rail, s.is_boardable,
    s.district_id, l.provenance, l.licence, s.geom
FROM ops.gtfs_stop s JOIN ops.load l USING (load_id)
WHERE s.retired_by IS NULL AND s.geom IS NOT NULL;

COMMENT ON COLUMN published.districts.area_km2 IS '面积 km² · area in km²';
COMMENT ON COLUMN published.facilities.beds IS '床位 · beds';
COMMENT ON COLUMN published.facilities.doctors IS '医师 · doctors';
COMMENT ON COLUMN published.facilities.provenance IS '来源性质 real | simulated · provenance';
COMMENT ON COLUMN published.facilities.licence IS '许可 · licence';
COMMENT ON COLUMN published.stops.provenance IS '来源性质 real | simulated · provenance';
COMMENT ON COLUMN published.stops.licence IS '许可 · licence';
