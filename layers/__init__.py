"""What the numbers mean: indicators, states, roll-up, values and their encoding."""
