-- Which ground a record of residents speaks of: a source counts for the districts it covers.

ALTER TABLE ops.population ADD COLUMN basis TEXT;
ALTER TABLE ops.population ADD COLUMN covered_km2 DOUBLE PRECISION;

-- A unit is counted anew with each vintage: the earlier count stays, for the years between.
DROP INDEX ops.uq_population_current;
CREATE UNIQUE INDEX uq_population_current
    ON ops.population (source, unit_id, vintage_on, cell, district_id) WHERE retired_by IS NULL;
