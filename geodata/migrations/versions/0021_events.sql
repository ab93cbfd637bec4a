-- Records that name one event are one event, from whichever source and file they come. Which events
-- have several records is noted before states are computed, so that reading need not look for them.

ALTER TABLE ops.incident ADD COLUMN is_event_named BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE ops.incident ADD COLUMN unit_notified_at TIMESTAMPTZ;
-- So far the number of a record stood for an event that its source did not name. Of sources that
-- merge the rows of several units the notice kept is the first unit's: they must be loaded again.
UPDATE ops.incident SET is_event_named = event_id <> record_id, unit_notified_at = notified_at
WHERE event_id = record_id OR notified_at IS NOT NULL;

CREATE INDEX ix_incident_event ON ops.incident (event_id) WHERE is_event_named;
CREATE TABLE ops.shared_event (event_id TEXT CONSTRAINT pk_shared_event PRIMARY KEY);

INSERT INTO ops.shared_event (event_id)
SELECT event_id FROM ops.incident WHERE is_event_named
GROUP BY event_id HAVING count(DISTINCT (source, record_id)) > 1;

-- Of which loads of calls it was looked up whether their events are shared: those that were committed
-- meanwhile are looked up at the next refresh, so that no load waits for another.
ALTER TABLE ops.load ADD COLUMN events_noted BOOLEAN NOT NULL DEFAULT false;
UPDATE ops.load SET events_noted = true;
CREATE INDEX ix_load_unnoted ON ops.load (load_id) WHERE NOT events_noted AND table_name = 'incident';

-- Why an indicator could not be built: a row until it is built again.
CREATE TABLE ops.build_failure (
    indicator TEXT CONSTRAINT pk_build_failure PRIMARY KEY,
    failed_at TIMESTAMPTZ NOT NULL,
    message TEXT NOT NULL
);

-- How often a source speaks, so that each is late by its own measure.
ALTER TABLE ops.load ADD COLUMN expected_s DOUBLE PRECISION;
