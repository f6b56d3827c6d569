"""Planning of cuDNN graphs without a GPU, for tests."""
