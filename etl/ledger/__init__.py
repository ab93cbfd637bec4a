"""What is recorded about a load beside its records: coverage, findings, rejected rows."""
