"""What may be declared of a source: its declaration, mapping, record type and freshness."""
