"""What notifications does when others publish."""
