"""From records to states: which steps are affected, and their computation."""
