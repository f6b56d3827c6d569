"""`trt.plugin`: kernels of Arhat's own library as plugins of TensorRT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from xdsl.dialects.builtin import DictionaryAttr, IntegerAttr, StringAttr, TensorType, bf16, f16, f32, i64
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.irdl import OptPropertyDef, irdl_op_definition, prop_def, var_operand_def, var_result_def

from arhat.dialects import kernel
from arhat.dialects.arhat.base import SEGMENTS, require
from arhat.dialects.kernel import AnyKernelOp
from arhat.dialects.trt.base import ELEMENTS, AnyTensor, TrtOp, Types, names, tensor, tensor_of

PLUGINS: dict[str, type[AnyKernelOp]] = {
    "AdaptiveAvgPool": kernel.AdaptiveAvgPoolOp,
    "AdaptiveMaxPool": kernel.AdaptiveMaxPoolOp,
    "Bucketize": kernel.BucketizeOp,
    "CTCGreedyDecoder": kernel.CtcGreedyDecoderOp,
    "CTCGreedyDecoderSeqLen": kernel.CtcGreedyDecoderSeqLenOp,
    "DeformableColumns": kernel.DeformableColumnsOp,
    "DetectionOutput": kernel.DetectionOutputOp,
    "Interpolate": kernel.InterpolateOp,
    "LRN": kernel.LrnOp,
    "MatrixNms": kernel.MatrixNmsOp,
    "MaxPool": kernel.MaxPoolWithIndicesOp,
    "MulticlassNms": kernel.MulticlassNmsOp,
    "NonMaxSuppression": kernel.NonMaxSuppressionOp,
    "NonZero": kernel.NonZeroOp,
    "PSROIPooling": kernel.PsroiPoolingOp,
    "Proposal": kernel.ProposalOp,
    "ROIAlign": kernel.RoiAlignOp,
    "ROIPooling": kernel.RoiPoolingOp,
    "RegionYolo": kernel.RegionYoloOp,
    "Resample": kernel.ResampleOp,
    "ScatterElementsUpdate": kernel.ScatterElementsUpdateOp,
    "ScatterUpdate": kernel.ScatterUpdateOp,
    "TopK": kernel.TopKOp,
}
"""The plugins by name, and the kernel that each runs."""
PLUGIN_NAMES: dict[type[Operation], str] = {op: name for name, op in PLUGINS.items()}
"""The plugin of each kernel."""
SCRATCH = "scratch_bytes"
"""Property of kernels that a plugin has no field for: TensorRT asks the plugin for its workspace."""


def fields_of(op: AnyKernelOp) -> dict[str, Attribute]:
    """The fields of the plugin that runs the kernel `op`: its properties."""
    return {name: value for name, value in op.properties.items() if name not in (SCRATCH, SEGMENTS)}


@irdl_op_definition
class PluginOp(TrtOp):
    """A kernel of Arhat's library as an IPluginV3: `plugin` names it, `fields` are the properties of the kernel op.

    ```
    %y = trt.plugin(%x, %rois) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>,
           spatial_scale = 6.250000e-02 : f64}}
         : (tensor<1x512x14x14xf32>, tensor<300x5xf32>) -> tensor<300x512x7x7xf32>
    ```
    """

    name = "trt.plugin"
    inputs = var_operand_def(TensorType)
    plugin = prop_def(StringAttr)
    fields = prop_def(DictionaryAttr)
    outputs = var_result_def(TensorType)

    @classmethod
    def of(
        cls,
        op: AnyKernelOp,
        operands: Sequence[SSAValue | Operation] | None = None,
        result_types: Types | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> PluginOp:
        """The plugin that runs the kernel `op`, on its operands and with its result types unless others are given.

        Raises `KeyError` where there is no plugin for it.
        """
        return cls.make(
            list(op.operands) if operands is None else list(operands),
            {"plugin": StringAttr(PLUGIN_NAMES[type(op)]), "fields": DictionaryAttr(fields_of(op))},
            op.result_types if result_types is None else result_types,
            attributes,
        )

    def infer(self) -> Sequence[AnyTensor]:
        """The types of the results, after the kernel op has been checked."""
        require(len(self.results) >= 1, "a plugin needs its result types")
        for value in (*self.operands, *self.results):
            element = tensor_of(value).element_type
            require(element in ELEMENTS, f"plugins take and give {names(ELEMENTS)}, got {element}")
        kernel_op_of(self).verify()
        return [tensor(type_.element_type, type_.get_shape()) for type_ in map(tensor_of, self.results)]


def kernel_op_of(op: PluginOp, widened: bool = False) -> AnyKernelOp:
    """The kernel that `op` runs: an op of its own on values of the same types, with a `scratch_bytes` of 0.

    `widened`: with f32 in place of f16 and bf16, which is what the plugins compute in.

    Raises `VerifyException` where there is no such plugin, or a field is unknown or missing.
    """
    name = op.plugin.data
    require(name in PLUGINS, f"there is no plugin '{name}'; there are {', '.join(PLUGINS)}")
    kind = PLUGINS[name]
    declared = {
        n: d for n, d in kind.get_irdl_definition().properties.items() if n not in (SCRATCH, SEGMENTS)
    }
    fields = dict(op.fields.data)
    for field in fields:
        require(
            field in declared, f"the plugin '{name}' has no field '{field}'; it has {', '.join(declared)}"
        )
    missing = [
        field
        for field, definition in declared.items()
        if field not in fields
        and not isinstance(definition, OptPropertyDef)
        and cast(Any, definition).default_value is None
    ]
    require(not missing, f"the plugin '{name}' needs the field '{missing and missing[0]}'")
    if SCRATCH in kind.get_irdl_definition().properties:
        fields[SCRATCH] = IntegerAttr(0, i64)
    operands, results = (
        [_f32_for_halves(tensor_of(value)) if widened else tensor_of(value) for value in values]
        for values in (op.operands, op.results)
    )
    return kind.make_all(list(Block(arg_types=operands).args), fields, results)


def _f32_for_halves(type_: AnyTensor) -> AnyTensor:
    return tensor(f32, type_.get_shape()) if type_.element_type in (f16, bf16) else type_
