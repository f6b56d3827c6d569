"""What the operations mean: plain functions on NumPy arrays, shared by all dialects.

Arguments are arrays in the order of the operation's operands, None for an absent optional one; keyword arguments are
its properties as Python values. Sources are the OpenVINO operation specifications, and where these are silent,
OpenVINO's results on a CPU.
"""
