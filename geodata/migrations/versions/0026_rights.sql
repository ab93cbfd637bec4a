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
