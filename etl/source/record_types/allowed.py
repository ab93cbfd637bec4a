"""What channels and facility kinds records may name."""

CHANNELS = frozenset({"110", "119", "120", "122", "12350"})
FACILITY_KINDS = frozenset(
    {
        "hospital", "wifi_ap", "hotspot_venue", "base_station", "aed", "school",
        "fire_station", "ambulance_station", "metro_station", "place",
    }
)  # fmt: skip
