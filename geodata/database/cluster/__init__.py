"""The private PostgreSQL cluster in the data folder, for when no DATABASE_URL is given."""

from geodata.database.cluster.cluster import Cluster, ClusterStatus

__all__ = ["Cluster", "ClusterStatus"]
