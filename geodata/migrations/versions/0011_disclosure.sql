-- Which places were withheld from the public, a published period each.

CREATE TABLE ops.withheld_pattern (
    indicator TEXT NOT NULL,
    component TEXT NOT NULL,
    period TEXT NOT NULL,
    geography TEXT NOT NULL,
    places TEXT[] NOT NULL,
    revision INTEGER DEFAULT '0' NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_withheld_pattern PRIMARY KEY (indicator, component, period, geography)
);
