"""Loads checked records into tables: binary COPY, superseding, indexes."""
