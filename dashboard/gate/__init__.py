"""The gate: who asks, and whether they may have it, before anything else looks at a request."""
