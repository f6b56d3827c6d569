"""Arhat: openvino."""
