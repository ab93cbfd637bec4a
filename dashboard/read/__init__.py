"""What the screens read: context, cache, values, headlines, scores, replay."""
