-- Resuscitation room stays and health records. geodata/tables/health.py says what each is.

CREATE TABLE ops.ed_visit (
    ed_visit_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    hospital_id TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE,
    triage_level INTEGER,
    room_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
    room_out_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT NOT NULL,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_ed_visit PRIMARY KEY (ed_visit_row)
);
CREATE INDEX ix_ed_visit_load ON ops.ed_visit (load_id);
CREATE INDEX ix_ed_visit_room_in ON ops.ed_visit (room_in_at);
CREATE UNIQUE INDEX uq_ed_visit_current ON ops.ed_visit (source, hospital_id, visit_id) WHERE retired_by IS NULL;

CREATE TABLE ops.health_record (
    health_record_row BIGINT GENERATED ALWAYS AS IDENTITY,
    source TEXT NOT NULL,
    load_id BIGINT NOT NULL,
    retired_by BIGINT,
    person_hash TEXT NOT NULL,
    institution_id TEXT NOT NULL,
    year_on DATE NOT NULL,
    opened_on DATE,
    entries INTEGER,
    district_id TEXT DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_health_record PRIMARY KEY (health_record_row)
);
CREATE INDEX ix_health_record_load ON ops.health_record (load_id);
CREATE UNIQUE INDEX uq_health_record_current ON ops.health_record (source, person_hash, institution_id, year_on) WHERE retired_by IS NULL;
