-- What row rights rest on. A transaction of the reader says whose rows it may see in `occ.districts`:
-- a signature, a colon, and '*' or districts joined by commas. Only who has the key can sign, so
-- that a statement smuggled into a query cannot name other districts. Nothing said is nothing seen.

CREATE SCHEMA rights;

CREATE TABLE rights.row_key (key TEXT NOT NULL);
INSERT INTO rights.row_key
SELECT encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex');

-- Whoever may write records reads all of them: the loader compares new rows with old ones.
CREATE FUNCTION rights.readable_districts() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said text := current_setting('occ.districts', true);
    listed text := substr(said, 66);
    secret text;
BEGIN
    IF has_table_privilege(session_user, 'ops.load', 'INSERT') THEN
        RETURN '{*}';
    END IF;
    IF said IS NULL OR length(said) < 66 THEN
        RETURN '{}';
    END IF;
    SELECT key INTO secret FROM rights.row_key;
    IF left(said, 65) <> encode(
        sha256(convert_to(secret || ':' || listed || ':' || secret, 'UTF8')), 'hex'
    ) || ':' THEN
        RETURN '{}';
    END IF;
    RETURN string_to_array(listed, ',');
END
$$;

-- A loader that fills an empty table builds its indexes after the rows. An index is made by whom the
-- schema allows it: these two let the writer put aside and build the indexes that are there, and no
-- others.
CREATE TABLE rights.index_aside (
    table_name TEXT NOT NULL,
    index_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    CONSTRAINT pk_index_aside PRIMARY KEY (table_name, index_name)
);

CREATE FUNCTION rights.set_indexes_aside(filled text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    INSERT INTO rights.index_aside
    SELECT filled, c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = format('ops.%I', filled)::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid);
    FOR name IN SELECT index_name FROM rights.index_aside WHERE table_name = filled LOOP
        EXECUTE format('DROP INDEX ops.%I', name);
    END LOOP;
END
$$;

CREATE FUNCTION rights.build_indexes_set_aside(filled text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made text;
BEGIN
    FOR made IN
        SELECT definition FROM rights.index_aside WHERE table_name = filled ORDER BY index_name
    LOOP
        EXECUTE made;
    END LOOP;
    DELETE FROM rights.index_aside WHERE table_name = filled;
END
$$;

REVOKE ALL ON FUNCTION rights.set_indexes_aside(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION rights.build_indexes_set_aside(text) FROM PUBLIC;
