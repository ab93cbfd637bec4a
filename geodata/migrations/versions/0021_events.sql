-- Records that name one event are one event, from whichever source and file they come. Which events
-- have several records is noted as they arrive, so that reading need not look for them.

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

CREATE FUNCTION ops.note_shared_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE is_event_named) THEN
        -- two loads that each bring one call of an event must see one another
        PERFORM pg_advisory_xact_lock(7305011002);
        INSERT INTO ops.shared_event (event_id)
        SELECT DISTINCT a.event_id
        FROM added a JOIN ops.incident i ON i.event_id = a.event_id AND i.is_event_named
        WHERE a.is_event_named AND (i.source, i.record_id) <> (a.source, a.record_id)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_shared_events AFTER INSERT ON ops.incident
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ops.note_shared_events();

-- Why an indicator could not be built: a row until it is built again.
CREATE TABLE ops.build_failure (
    indicator TEXT CONSTRAINT pk_build_failure PRIMARY KEY,
    failed_at TIMESTAMPTZ NOT NULL,
    message TEXT NOT NULL
);

-- How often a source speaks, so that each is late by its own measure.
ALTER TABLE ops.load ADD COLUMN expected_s DOUBLE PRECISION;
