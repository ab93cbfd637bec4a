-- Who may ask: users with their sessions, tokens of devices and programs, and the record of what
-- was done. Passwords are kept as argon2 hashes, tokens as SHA-256.

CREATE TABLE ops.user_account (
    user_id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    password_hash TEXT,
    issuer TEXT,
    provider_subject TEXT,
    role TEXT NOT NULL,
    districts TEXT[] DEFAULT '{}'::text[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    failed_sign_ins INTEGER DEFAULT 0 NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_user_account PRIMARY KEY (user_id)
);
CREATE UNIQUE INDEX uq_user_account_name_key ON ops.user_account (name_key);
CREATE UNIQUE INDEX uq_user_account_provider ON ops.user_account (issuer, provider_subject) WHERE issuer IS NOT NULL;

CREATE TABLE ops.user_session (
    token_sha256 TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    client TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_user_session PRIMARY KEY (token_sha256),
    CONSTRAINT fk_user_session_user_id FOREIGN KEY(user_id) REFERENCES ops.user_account (user_id)
);
CREATE INDEX ix_user_session_expires ON ops.user_session (expires_at);
CREATE INDEX ix_user_session_user ON ops.user_session (user_id);

CREATE TABLE ops.sign_in_attempt (
    name_sha256 TEXT NOT NULL,
    client TEXT NOT NULL,
    failed INTEGER NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_sign_in_attempt PRIMARY KEY (name_sha256, client)
);
CREATE INDEX ix_sign_in_attempt_last ON ops.sign_in_attempt (last_at);

CREATE TABLE ops.device_token (
    token_sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_device_token PRIMARY KEY (token_sha256)
);
CREATE UNIQUE INDEX uq_device_token_name_key ON ops.device_token (name_key) WHERE revoked_at IS NULL;

CREATE TABLE ops.audit_entry (
    audit_id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    outcome TEXT NOT NULL,
    detail JSONB DEFAULT '{}'::jsonb NOT NULL,
    client TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (audit_id)
);
CREATE INDEX ix_audit_entry_at ON ops.audit_entry (at);
CREATE INDEX ix_audit_entry_who ON ops.audit_entry (who, audit_id);
