"""The parts that pages share: plain functions from numbers and words to Dash components."""
