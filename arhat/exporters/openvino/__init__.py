"""The `arhat` dialect to OpenVINO IR of version 11."""

from arhat.exporters.openvino.exporter import export_openvino, without_exporter

__all__ = ["export_openvino", "without_exporter"]
