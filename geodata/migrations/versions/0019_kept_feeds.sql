-- Timetables are kept: the files that are in force or still to come, and the days that have passed.

-- The content of the timetable in force, so that its next days come although its file is gone, and
-- of those that begin later.
CREATE TABLE ops.kept_feed (
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    file TEXT NOT NULL,
    starts_on DATE NOT NULL,
    is_upcoming BOOLEAN NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_kept_feed PRIMARY KEY (source, sha256),
    CONSTRAINT fk_kept_feed_load_id FOREIGN KEY (load_id) REFERENCES ops.load (load_id)
);
-- Zipped already.
ALTER TABLE ops.kept_feed ALTER COLUMN content SET STORAGE EXTERNAL;

-- The days that a timetable speaks for: one that was replaced still does for those before.
ALTER TABLE ops.gtfs_feed ADD COLUMN speaks_from DATE;
ALTER TABLE ops.gtfs_feed ADD COLUMN speaks_until DATE;
UPDATE ops.gtfs_feed SET speaks_until = DATE '0001-01-01' WHERE retired_by IS NOT NULL;

-- A new timetable takes the days ahead of its own source away, without reading those of others.
CREATE INDEX ix_departure_source ON ops.departure (source, departs_at);
