"""Networks of the trt target: recorded by a stand-in for TensorRT, judged by NVIDIA's own builder."""
