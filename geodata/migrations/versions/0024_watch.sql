-- A source that never spoke is late from its first expected message on, counted from when somebody
-- began to listen; and whether the alert rules were judged, and what they could not judge.

ALTER TABLE ops.live_source ADD COLUMN followed_since TIMESTAMP WITH TIME ZONE;
UPDATE ops.live_source SET followed_since = coalesce(polled_at, last_event_at, now());
ALTER TABLE ops.live_source ALTER COLUMN followed_since SET DEFAULT now();
ALTER TABLE ops.live_source ALTER COLUMN followed_since SET NOT NULL;

CREATE TABLE ops.alert_watch (
    rule TEXT NOT NULL,
    judged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    subjects INTEGER NOT NULL,
    unknown JSONB DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT pk_alert_watch PRIMARY KEY (rule)
);
