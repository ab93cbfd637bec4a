"""What can be declared of a source: declaration, mapping, record type, freshness, live rule."""
