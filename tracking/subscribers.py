"""What tracking does when others publish."""
