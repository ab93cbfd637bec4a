"""Access: travel times on the road graph, and what is measured with them."""
