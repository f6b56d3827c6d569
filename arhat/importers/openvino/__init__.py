"""OpenVINO IR, versions 10 and 11, to the `arhat` dialect."""

from arhat.importers.openvino.container import DEFAULT_MEMORY_LIMIT
from arhat.importers.openvino.importer import import_openvino, parse_input_shapes

__all__ = ["DEFAULT_MEMORY_LIMIT", "import_openvino", "parse_input_shapes"]
