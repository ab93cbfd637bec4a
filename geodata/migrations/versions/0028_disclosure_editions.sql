-- What a kept pattern was decided from: an edition of a period is compared with the last one.

ALTER TABLE ops.withheld_pattern ADD COLUMN decided_for TEXT DEFAULT '' NOT NULL;
ALTER TABLE ops.withheld_pattern ADD COLUMN smallest_count INTEGER;
ALTER TABLE ops.withheld_pattern ADD COLUMN counts JSONB;
