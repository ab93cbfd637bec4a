-- A place beyond the boundary is another thing than a place that is not known: such records lie
-- `outside` and count in no total of the city. `unplaced` is not known, and of a wider area.

INSERT INTO ops.district (district_id, name_zh, name_en, kind, position)
SELECT new.district_id, new.name_zh, new.name_en, new.district_id, last.position + new.place
FROM (VALUES
    ('outside', '市域以外', 'Outside the city', 1),
    ('unplaced', '未定位（来源范围大于本市）', 'Not located, of a wider source', 2)
) AS new (district_id, name_zh, name_en, place),
    (SELECT max(position) AS position FROM ops.district) AS last
WHERE last.position IS NOT NULL
ON CONFLICT (district_id) DO NOTHING;

DO $$
DECLARE
    record_table TEXT;
BEGIN
    FOR record_table IN
        SELECT c.table_name FROM information_schema.columns c
        JOIN information_schema.columns g USING (table_schema, table_name)
        WHERE c.table_schema = 'ops' AND c.column_name = 'district_id' AND g.column_name = 'geom'
            AND c.table_name <> 'district'
    LOOP
        EXECUTE 'UPDATE ops.' || quote_ident(record_table)
            || ' SET district_id = ''outside'''
            || ' WHERE district_id = ''unknown'' AND geom IS NOT NULL';
    END LOOP;
END $$;
UPDATE ops.departure SET district_id = 'outside' WHERE district_id = 'unknown' AND cell IS NOT NULL;
