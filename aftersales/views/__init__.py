"""What the holder of an order's phone can do after the sale."""
