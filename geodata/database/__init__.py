"""The database itself: engine, cluster, migrations, replay, partitions, announcements."""
