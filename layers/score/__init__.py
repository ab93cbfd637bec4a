"""Values against their targets: of an indicator, a domain, a district, the city; the status 1-5."""
