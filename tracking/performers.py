"""What tracking does with work that is due."""
