"""Operators of opsets 1 to 8 that are not imported, each with the reason; documentation is made of it."""

from __future__ import annotations

ENDS: tuple[tuple[str, str, str], ...] = (
    ("Parameter", "1", "An argument of the function."),
    ("Result", "1", "A result of the function."),
)
"""Layers that the importer takes itself, not by a converter: type, opset, what becomes of them."""

LEFT_OUT: tuple[tuple[str, str, str], ...] = (
    ("BinaryConvolution", "1", "Networks of single bits, which tools no longer export."),
    ("CTCLoss", "4", "A training loss."),
    ("DeformablePSROIPooling", "1", "Deformable R-FCN alone has it; not written yet."),
    ("DFT", "7", "Signal processing; not met in models of this kind."),
    ("ExperimentalDetectronDetectionOutput", "6", "The head of Detectron2 networks; not written yet."),
    (
        "ExperimentalDetectronGenerateProposalsSingleImage",
        "6",
        "The proposals of Detectron2 networks; not written yet.",
    ),
    ("GatherTree", "1", "Beam search of sequence-to-sequence models; not met in models of this kind."),
    (
        "I420toBGR",
        "8",
        "Colour conversion of video frames, which OpenVINO itself inserts when it preprocesses.",
    ),
    ("I420toRGB", "8", "As I420toBGR: colour conversion."),
    ("IDFT", "7", "As DFT: signal processing."),
    ("NV12toBGR", "8", "As I420toBGR: colour conversion."),
    ("NV12toRGB", "8", "As I420toBGR: colour conversion."),
    (
        "RandomUniform",
        "8",
        "Its numbers are OpenVINO's own generator's; a deployed network should not need any.",
    ),
)
"""Type, the opset that introduced it, reason."""
