"""From the `arhat` dialect to other formats."""
