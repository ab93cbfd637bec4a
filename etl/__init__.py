"""How data arrive: declared sources, extract, transform, check, load, ledger, live."""
