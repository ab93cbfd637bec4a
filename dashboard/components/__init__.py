"""Components that pages share: plain functions from numbers and texts to Dash components."""
