-- What incremental builds need to know.

ALTER TABLE ops.load ADD COLUMN xact_id BIGINT DEFAULT (pg_current_xact_id())::text::bigint NOT NULL;
CREATE INDEX ix_load_xact ON ops.load (xact_id);
CREATE INDEX ix_departure_retired ON ops.departure (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_dispatch_trip_retired ON ops.dispatch_trip (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_facility_retired ON ops.facility (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_incident_retired ON ops.incident (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_network_sample_retired ON ops.network_sample (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_source_coverage_retired ON ops.source_coverage (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_statistic_retired ON ops.statistic (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ix_stop_event_retired ON ops.stop_event (retired_by) WHERE retired_by IS NOT NULL;

ALTER TABLE ops.state_build ADD COLUMN definition TEXT;
ALTER TABLE ops.state_build ADD COLUMN seen TEXT;
ALTER TABLE ops.state_build ADD COLUMN classes_id BIGINT;
ALTER TABLE ops.state_build ADD COLUMN state_rows BIGINT DEFAULT '0' NOT NULL;

ALTER TABLE ops.state DROP CONSTRAINT fk_state_build_id;
ALTER TABLE ops.state ADD COLUMN measure SMALLINT DEFAULT '0' NOT NULL;
DROP INDEX ops.ix_state_build;
DROP INDEX ops.ix_state_cell;
CREATE INDEX ix_state_starts ON ops.state (indicator, starts_at);

CREATE TABLE ops.state_change (
    build_id BIGINT NOT NULL,
    indicator TEXT NOT NULL,
    built_at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_full BOOLEAN NOT NULL,
    load_ids BIGINT[] NOT NULL,
    rows_computed BIGINT NOT NULL,
    rows_written BIGINT NOT NULL,
    rows_removed BIGINT NOT NULL,
    changed_from TIMESTAMP WITH TIME ZONE,
    changed_to TIMESTAMP WITH TIME ZONE,
    late_from TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_state_change PRIMARY KEY (build_id)
);
CREATE INDEX ix_state_change_indicator ON ops.state_change (indicator, build_id);

-- ten million calls a load: checking the three keys of each takes longer than all the rest
ALTER TABLE ops.incident DROP CONSTRAINT fk_incident_load_id;
ALTER TABLE ops.incident DROP CONSTRAINT fk_incident_retired_by;
ALTER TABLE ops.incident DROP CONSTRAINT fk_incident_district_id;
