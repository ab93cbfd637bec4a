"""GTFS-RT: what feeds say of vehicles and trips, as frames."""
