"""Access: travel times on the road graph, and the indices computed from them."""
