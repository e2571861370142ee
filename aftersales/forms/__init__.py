"""What customers fill in after the sale."""
