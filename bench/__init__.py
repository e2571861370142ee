"""What is measured: one module per figure. bin/bench runs them."""
