-- What part of its period a published layer speaks of: first and last covered day, and how many.
-- Null where that is not counted in days.

ALTER TABLE ops.published_layer
    ADD COLUMN covered_from DATE,
    ADD COLUMN covered_to DATE,
    ADD COLUMN covered_days INTEGER,
    ADD COLUMN is_partial BOOLEAN NOT NULL DEFAULT false;

-- Breaks of the older rules may be fewer than two, or more exact than their legends say.
DELETE FROM ops.layer_breaks;
