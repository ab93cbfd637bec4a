-- When a source was last heard, by our own clock: an event may claim a time that has not come, and a
-- clock that is set back makes any event look so. Silence is counted from the earlier of the two.

ALTER TABLE ops.live_source ADD COLUMN heard_at TIMESTAMP WITH TIME ZONE;
UPDATE ops.live_source SET heard_at = polled_at WHERE last_event_at IS NOT NULL;
