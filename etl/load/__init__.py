"""From checked records to tables: binary COPY, supersession, indexes."""
