"""What aftersales does when others publish."""
