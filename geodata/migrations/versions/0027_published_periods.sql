-- Published layers keep several periods, and everything a public screen needs is in the schema
-- `published`. geodata/tables/published.py says what each table is.

ALTER TABLE ops.published_layer DROP CONSTRAINT uq_published_layer_name;
ALTER TABLE ops.published_layer
    ADD COLUMN span_days INTEGER,
    ADD COLUMN is_newest BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN counted_on DATE,
    ADD COLUMN basis TEXT NOT NULL DEFAULT '',
    ADD CONSTRAINT uq_published_layer_name UNIQUE (name, period);
ALTER TABLE ops.published_layer ALTER COLUMN is_newest DROP DEFAULT;
ALTER TABLE ops.published_layer ALTER COLUMN basis DROP DEFAULT;
CREATE UNIQUE INDEX uq_published_layer_newest ON ops.published_layer (name) WHERE is_newest;

ALTER TABLE ops.published_district ADD COLUMN covered DATEMULTIRANGE;

CREATE TABLE ops.published_gap (
    name TEXT NOT NULL,
    indicator TEXT NOT NULL,
    component TEXT NOT NULL,
    reason TEXT NOT NULL,
    inputs JSONB NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_published_gap PRIMARY KEY (name)
);

-- What public readers see beside the collections. A view reads with its owner's rights, so a role
-- that may read these views needs none on the tables below them.

CREATE VIEW published.layer AS
SELECT
    layer_id, name, indicator, component, code, domain, title_zh, title_en, description_zh,
    description_en, unit_zh, unit_en, formula, res, period, span_days, starts_at, ends_at,
    is_newest, version, as_of, published_at, sources, licences, owners, is_simulated,
    smallest_count, covered_from, covered_to, covered_days, counted_on, is_partial
FROM ops.published_layer;

CREATE VIEW published.hexagon_number AS
SELECT layer_id, cell, res, value, lo, hi, n, status
FROM ops.published_value;

CREATE VIEW published.district_number AS
SELECT layer_id, district_id, value, lo, hi, n, status, covered
FROM ops.published_district;

CREATE VIEW published.gap AS
SELECT name, indicator, component, reason, inputs, found_at
FROM ops.published_gap;

CREATE VIEW published.district AS
SELECT district_id, name_zh, name_en, kind, position, area_km2
FROM ops.district
WHERE district_id NOT IN ('unknown', 'outside', 'unplaced');

CREATE VIEW published.source AS
SELECT
    source,
    max(owner) AS owner,
    max(licence) AS licence,
    bool_or(provenance = 'simulated') AS is_simulated,
    min(event_from) AS event_from,
    max(event_to) AS event_to,
    max(finished_at) AS modified_at,
    array_agg(DISTINCT table_name) AS tables
FROM ops.load
WHERE status = 'loaded'
GROUP BY source;
