-- The loads that an indicator's states stand on, a row each instead of an array that every refresh
-- wrote anew; a build keeps the newest load of each source.

CREATE TABLE ops.counted_load (
    indicator TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    CONSTRAINT pk_counted_load PRIMARY KEY (indicator, load_id)
);
CREATE INDEX ix_load_until ON ops.load (source, coalesce(event_to, finished_at));
CREATE INDEX ix_load_simulated ON ops.load (source) WHERE provenance = 'simulated';

INSERT INTO ops.counted_load (indicator, load_id)
SELECT DISTINCT indicator, unnest(load_ids) FROM ops.state_build;
UPDATE ops.state_build b SET load_ids = ARRAY(
    SELECT DISTINCT ON (l.source) l.load_id
    FROM ops.counted_load c JOIN ops.load l USING (load_id)
    WHERE c.indicator = b.indicator
    ORDER BY l.source, coalesce(l.event_to, l.finished_at) DESC, l.load_id DESC
);
