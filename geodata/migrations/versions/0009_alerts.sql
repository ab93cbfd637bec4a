-- Alerts and their history. geodata/tables/alerts.py says what each column is.

CREATE TABLE ops.alert (
    alert_id BIGINT GENERATED ALWAYS AS IDENTITY,
    rule TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    part TEXT DEFAULT '' NOT NULL,
    state TEXT NOT NULL,
    severity INTEGER NOT NULL,
    case_state TEXT NOT NULL,
    assigned_to TEXT,
    value FLOAT,
    limit_value FLOAT,
    text_zh TEXT NOT NULL,
    text_en TEXT NOT NULL,
    since_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recovering_at TIMESTAMP WITH TIME ZONE,
    raised_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_alert PRIMARY KEY (alert_id)
);
CREATE INDEX ix_alert_raised ON ops.alert (raised_at);
CREATE UNIQUE INDEX uq_alert_active ON ops.alert (rule, subject_kind, subject, part) WHERE ended_at IS NULL;

CREATE TABLE ops.alert_change (
    change_id BIGINT GENERATED ALWAYS AS IDENTITY,
    alert_id BIGINT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    change TEXT NOT NULL,
    state TEXT NOT NULL,
    severity INTEGER NOT NULL,
    case_state TEXT NOT NULL,
    assigned_to TEXT,
    value FLOAT,
    limit_value FLOAT,
    text_zh TEXT NOT NULL,
    text_en TEXT NOT NULL,
    who TEXT,
    note TEXT,
    CONSTRAINT pk_alert_change PRIMARY KEY (change_id),
    CONSTRAINT fk_alert_change_alert_id FOREIGN KEY(alert_id) REFERENCES ops.alert (alert_id)
);
CREATE INDEX ix_alert_change_alert ON ops.alert_change (alert_id, changed_at);
