"""What `tools/gpu_check` does, in two halves: prepare (with Arhat) and run (NumPy, nvcc and CMake alone)."""
