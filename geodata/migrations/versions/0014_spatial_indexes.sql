-- Calls and radio samples are found by cell, district, time and load; their points are never
-- searched for, and the index of them took a third of a load.

DROP INDEX ops.ix_incident_geom;
DROP INDEX ops.ix_network_sample_geom;
