"""A function for each operation of the `arhat` dialect, written by `python -m arhat.frontend.generate`.

Operands are tensors, arrays or numbers; everything else goes by name. What does not fit raises a
`UserError` that names the line of the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from arhat.dialects import arhat
from arhat.frontend.network import Activation, Operand, Tensor, emit

__all__ = [
    "abs",
    "acos",
    "acosh",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "add",
    "asin",
    "asinh",
    "assign",
    "atan",
    "atanh",
    "avg_pool",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "broadcast",
    "bucketize",
    "ceiling",
    "clamp",
    "concat",
    "convolution",
    "cos",
    "cosh",
    "ctc_greedy_decoder",
    "ctc_greedy_decoder_seq_len",
    "cum_sum",
    "deformable_columns",
    "dequantize",
    "detection_output",
    "divide",
    "elu",
    "equal",
    "erf",
    "exp",
    "fake_quantize",
    "floor",
    "floor_mod",
    "gather",
    "gather_elements",
    "gather_nd",
    "gelu",
    "greater",
    "greater_equal",
    "gru_sequence",
    "hsigmoid",
    "hswish",
    "interpolate",
    "is_finite",
    "is_inf",
    "is_nan",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lrn",
    "lstm_sequence",
    "matmul",
    "matrix_nms",
    "max_pool",
    "max_pool_with_indices",
    "maximum",
    "minimum",
    "mish",
    "mod",
    "multiclass_nms",
    "multiply",
    "mvn",
    "negative",
    "non_max_suppression",
    "non_zero",
    "normalize_l2",
    "not_equal",
    "one_hot",
    "pad",
    "power",
    "prelu",
    "prior_box",
    "prior_box_clustered",
    "proposal",
    "psroi_pooling",
    "quantize",
    "quantized_add",
    "quantized_convolution",
    "read_value",
    "reduce_logical_and",
    "reduce_logical_or",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
    "region_yolo",
    "relu",
    "resample",
    "reshape",
    "reverse_sequence",
    "rnn_sequence",
    "roi_align",
    "roi_pooling",
    "round",
    "scatter_elements_update",
    "scatter_update",
    "select",
    "shape_of",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "slice",
    "softmax",
    "softplus",
    "sqrt",
    "squared_difference",
    "subtract",
    "swish",
    "tan",
    "tanh",
    "tile",
    "topk",
    "transpose",
    "transposed_convolution",
]


def convolution(
    x: Operand,
    filter: Operand,
    *,
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    groups: int,
    bias: Operand | None = None,
    residual: Operand | None = None,
    slope: Operand | None = None,
    activation: Activation | None = None,
    residual_after_activation: bool | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over 1 to 3 spatial axes, with groups: `activation(conv(x, filter) + bias + residual)`.

    With `residual_after_activation` it is `activation(conv(x, filter) + bias) + residual`. `x` is [N, C,
    spatial...], `filter` [O, C / groups, kernel...], `bias` [O], `residual` like the result, `slope` [O] or
    [1] for activation prelu. Source: Convolution-1 and GroupConvolution-1.
    """
    return emit(
        arhat.ConvolutionOp,
        [x, filter, bias, residual, slope],
        {
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "dilations": dilations,
            "groups": groups,
            "activation": activation,
            "residual_after_activation": residual_after_activation,
        },
        name,
    )[0]


def transposed_convolution(
    x: Operand,
    filter: Operand,
    *,
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    output_padding: Sequence[int],
    groups: int,
    bias: Operand | None = None,
    slope: Operand | None = None,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """Transposed convolution over 1 to 3 spatial axes, with groups: `activation(conv_t(x, filter) + bias)`.

    Input element `i` along an axis is multiplied by the whole kernel and added to the result from
    `i * stride - pads_begin` on. The result ends `pads_end` before what the last input element reaches, or
    `output_padding` after it, where nothing but the bias arrives. `x` is [N, C, spatial...], `filter` [C, O /
    groups, kernel...], `bias` [O], `slope` [O] or [1] for activation prelu. Source: ConvolutionBackpropData-1
    and GroupConvolutionBackpropData-1.
    """
    return emit(
        arhat.TransposedConvolutionOp,
        [x, filter, bias, slope],
        {
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "dilations": dilations,
            "output_padding": output_padding,
            "groups": groups,
            "activation": activation,
        },
        name,
    )[0]


def deformable_columns(
    x: Operand,
    offsets: Operand,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    deformable_groups: int,
    interpolate_border: bool,
    mask: Operand | None = None,
    name: str | None = None,
) -> Tensor:
    """What each element of a deformable kernel sees: the part of a deformable convolution before the products.

    Element `t` of the kernel [kh, kw] at output position (y, x) reads channel `c` at `(y * stride - pad + ky
    * dilation + dy, x * stride - pad + kx * dilation + dx)`, interpolated bilinearly, where (dy, dx) are
    channels `2 * (g * kh * kw + t)` and the next of `offsets` and `g` is the deformable group of `c`. With
    `mask` the value is multiplied by channel `g * kh * kw + t` of it. A place outside the input gives 0; with
    `interpolate_border` pixels beyond the border count as zeros of an interpolation instead of cutting it
    off. `x` is [N, C, H, W], `offsets` [N, 2 * G * kh * kw, OH, OW], `mask` [N, G * kh * kw, OH, OW], the
    result [N, C * kh * kw, OH, OW], so that a convolution with a 1x1 kernel completes the operator. Source:
    DeformableConvolution-1 and -8; Dai et al., "Deformable Convolutional Networks", 2017.
    """
    return emit(
        arhat.DeformableColumnsOp,
        [x, offsets, mask],
        {
            "kernel": kernel,
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "dilations": dilations,
            "deformable_groups": deformable_groups,
            "interpolate_border": interpolate_border,
        },
        name,
    )[0]


def matmul(
    a: Operand,
    b: Operand,
    *,
    bias: Operand | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """Matrix product with NumPy batch broadcasting, `activation(a @ b + bias)`. Source: MatMul-1.

    `transpose_a` and `transpose_b` swap the last two axes of an operand of rank 2 or more. A rank-1 `a` is a
    row, a rank-1 `b` a column, and the added axis is dropped from the result. `bias` broadcasts to the
    result.
    """
    return emit(
        arhat.MatmulOp,
        [a, b, bias],
        {"transpose_a": transpose_a, "transpose_b": transpose_b, "activation": activation},
        name,
    )[0]


def max_pool(
    x: Operand,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    rounding: Literal["floor", "ceil", "ceil_torch"],
    name: str | None = None,
) -> Tensor:
    """The largest value of each window; padding does not count. Source: MaxPool-1, -8 and -14 (first output)."""
    return emit(
        arhat.MaxPoolOp,
        [x],
        {
            "kernel": kernel,
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "dilations": dilations,
            "rounding": rounding,
        },
        name,
    )[0]


def max_pool_with_indices(
    x: Operand,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    rounding: Literal["floor", "ceil", "ceil_torch"],
    axis: int,
    index_type: Literal["i32", "i64"],
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The largest value of each window, and where it was found; of equal ones the first.

    The index counts the elements of the input from dimension `axis` on: with 0 those of the whole tensor,
    with 2 those of one channel. A window that lies in padding alone gives the lowest finite value and the
    index of its channel's first element. Source: MaxPool-8 and -14.
    """
    made = emit(
        arhat.MaxPoolWithIndicesOp,
        [x],
        {
            "kernel": kernel,
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "dilations": dilations,
            "rounding": rounding,
            "axis": axis,
            "index_type": index_type,
        },
        name,
    )
    return made[0], made[1]


def avg_pool(
    x: Operand,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    rounding: Literal["floor", "ceil", "ceil_torch"],
    exclude_pad: bool,
    name: str | None = None,
) -> Tensor:
    """The mean of each window; the divisor is the window's size, with `exclude_pad` that of its part inside the
    input.

    Where a model states no padding at all, OpenVINO excludes what rounding up lets a window reach: the
    importer sets `exclude_pad` then. Source: AvgPool-1 and -14.
    """
    return emit(
        arhat.AvgPoolOp,
        [x],
        {
            "kernel": kernel,
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "rounding": rounding,
            "exclude_pad": exclude_pad,
        },
        name,
    )[0]


def adaptive_avg_pool(x: Operand, *, sizes: Sequence[int], name: str | None = None) -> Tensor:
    """The mean of each window, where the windows are cut so that `sizes` of them cover the input.

    Window `i` of `n` along an axis of size `s` reaches from `floor(i * s / n)` to `ceil((i + 1) * s / n)`.
    Source: AdaptiveAvgPool-8.
    """
    return emit(arhat.AdaptiveAvgPoolOp, [x], {"sizes": sizes}, name)[0]


def adaptive_max_pool(
    x: Operand, *, sizes: Sequence[int], index_type: Literal["i32", "i64"], name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The largest value of each window of `arhat.adaptive_avg_pool`, and its place in its channel; of equal ones
    the first. Source: AdaptiveMaxPool-8.
    """
    made = emit(arhat.AdaptiveMaxPoolOp, [x], {"sizes": sizes, "index_type": index_type}, name)
    return made[0], made[1]


def softmax(x: Operand, *, axis: int, name: str | None = None) -> Tensor:
    """Softmax along `axis`. Source: SoftMax-1 and -8."""
    return emit(arhat.SoftmaxOp, [x], {"axis": axis}, name)[0]


def normalize_l2(
    x: Operand,
    *,
    axes: Sequence[int],
    eps: float,
    eps_mode: Literal["add", "max"] = "add",
    name: str | None = None,
) -> Tensor:
    """Divides by the L2 norm over `axes`: `x / sqrt(sum(x * x) (+ or max) eps)`. Source: NormalizeL2-1.

    Without axes each element is divided by its own magnitude, as the specification says.
    """
    return emit(arhat.NormalizeL2Op, [x], {"axes": axes, "eps": eps, "eps_mode": eps_mode}, name)[0]


def mvn(
    x: Operand,
    *,
    axes: Sequence[int],
    eps: float,
    normalize_variance: bool = True,
    eps_mode: Literal["inside_sqrt", "outside_sqrt"] = "inside_sqrt",
    name: str | None = None,
) -> Tensor:
    """The difference from the mean over `axes`, with `normalize_variance` divided by the standard deviation.

    That is `sqrt(variance + eps)` or, with `eps_mode` outside_sqrt, `sqrt(variance) + eps`. Source: MVN-1 and
    -6.
    """
    return emit(
        arhat.MvnOp,
        [x],
        {"axes": axes, "eps": eps, "normalize_variance": normalize_variance, "eps_mode": eps_mode},
        name,
    )[0]


def lrn(
    x: Operand,
    *,
    axes: Sequence[int],
    alpha: float,
    beta: float,
    bias: float,
    size: int,
    name: str | None = None,
) -> Tensor:
    """`x / (bias + alpha / size^k * s)^beta`, `s` the sum of the squares around the element along the `k`
    `axes`.

    Along each of them `s` takes in `(size - 1) / 2` neighbours to either side, as far as they exist. Source:
    LRN-1.
    """
    return emit(
        arhat.LrnOp, [x], {"axes": axes, "alpha": alpha, "beta": beta, "bias": bias, "size": size}, name
    )[0]


def add(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a + b`. Source: Add-1."""
    return emit(arhat.AddOp, [a, b], {}, name)[0]


def subtract(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a - b`. Source: Subtract-1."""
    return emit(arhat.SubtractOp, [a, b], {}, name)[0]


def multiply(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a * b`. Source: Multiply-1."""
    return emit(arhat.MultiplyOp, [a, b], {}, name)[0]


def divide(a: Operand, b: Operand, *, python_div: bool = True, name: str | None = None) -> Tensor:
    """`a / b`; integers round towards minus infinity with `python_div`, else towards zero. Source: Divide-1."""
    return emit(arhat.DivideOp, [a, b], {"python_div": python_div}, name)[0]


def maximum(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The larger of `a` and `b`. Source: Maximum-1."""
    return emit(arhat.MaximumOp, [a, b], {}, name)[0]


def minimum(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The smaller of `a` and `b`. Source: Minimum-1."""
    return emit(arhat.MinimumOp, [a, b], {}, name)[0]


def power(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a` to the power of `b`. Source: Power-1."""
    return emit(arhat.PowerOp, [a, b], {}, name)[0]


def squared_difference(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`(a - b) * (a - b)`. Source: SquaredDifference-1."""
    return emit(arhat.SquaredDifferenceOp, [a, b], {}, name)[0]


def floor_mod(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The remainder of `a / b` with the sign of `b`. Source: FloorMod-1."""
    return emit(arhat.FloorModOp, [a, b], {}, name)[0]


def mod(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The remainder of `a / b` with the sign of `a`. Source: Mod-1."""
    return emit(arhat.ModOp, [a, b], {}, name)[0]


def relu(x: Operand, *, name: str | None = None) -> Tensor:
    """`max(x, 0)`. Source: ReLU-1."""
    return emit(arhat.ReluOp, [x], {}, name)[0]


def sigmoid(x: Operand, *, name: str | None = None) -> Tensor:
    """`1 / (1 + exp(-x))`. Source: Sigmoid-1."""
    return emit(arhat.SigmoidOp, [x], {}, name)[0]


def tanh(x: Operand, *, name: str | None = None) -> Tensor:
    """The hyperbolic tangent. Source: Tanh-1."""
    return emit(arhat.TanhOp, [x], {}, name)[0]


def exp(x: Operand, *, name: str | None = None) -> Tensor:
    """`e` to the power of `x`. Source: Exp-1."""
    return emit(arhat.ExpOp, [x], {}, name)[0]


def log(x: Operand, *, name: str | None = None) -> Tensor:
    """The natural logarithm. Source: Log-1."""
    return emit(arhat.LogOp, [x], {}, name)[0]


def sqrt(x: Operand, *, name: str | None = None) -> Tensor:
    """The square root. Source: Sqrt-1."""
    return emit(arhat.SqrtOp, [x], {}, name)[0]


def abs(x: Operand, *, name: str | None = None) -> Tensor:
    """The magnitude. Source: Abs-1."""
    return emit(arhat.AbsOp, [x], {}, name)[0]


def negative(x: Operand, *, name: str | None = None) -> Tensor:
    """`-x`. Source: Negative-1."""
    return emit(arhat.NegativeOp, [x], {}, name)[0]


def floor(x: Operand, *, name: str | None = None) -> Tensor:
    """Rounds down. Source: Floor-1."""
    return emit(arhat.FloorOp, [x], {}, name)[0]


def ceiling(x: Operand, *, name: str | None = None) -> Tensor:
    """Rounds up. Source: Ceiling-1."""
    return emit(arhat.CeilingOp, [x], {}, name)[0]


def sign(x: Operand, *, name: str | None = None) -> Tensor:
    """-1, 0 or 1 by the sign; 0 of what is not a number. Source: Sign-1."""
    return emit(arhat.SignOp, [x], {}, name)[0]


def sin(x: Operand, *, name: str | None = None) -> Tensor:
    """The sine. Source: Sin-1."""
    return emit(arhat.SinOp, [x], {}, name)[0]


def cos(x: Operand, *, name: str | None = None) -> Tensor:
    """The cosine. Source: Cos-1."""
    return emit(arhat.CosOp, [x], {}, name)[0]


def tan(x: Operand, *, name: str | None = None) -> Tensor:
    """The tangent. Source: Tan-1."""
    return emit(arhat.TanOp, [x], {}, name)[0]


def asin(x: Operand, *, name: str | None = None) -> Tensor:
    """The arc sine. Source: Asin-1."""
    return emit(arhat.AsinOp, [x], {}, name)[0]


def acos(x: Operand, *, name: str | None = None) -> Tensor:
    """The arc cosine. Source: Acos-1."""
    return emit(arhat.AcosOp, [x], {}, name)[0]


def atan(x: Operand, *, name: str | None = None) -> Tensor:
    """The arc tangent. Source: Atan-1."""
    return emit(arhat.AtanOp, [x], {}, name)[0]


def sinh(x: Operand, *, name: str | None = None) -> Tensor:
    """The hyperbolic sine. Source: Sinh-1."""
    return emit(arhat.SinhOp, [x], {}, name)[0]


def cosh(x: Operand, *, name: str | None = None) -> Tensor:
    """The hyperbolic cosine. Source: Cosh-1."""
    return emit(arhat.CoshOp, [x], {}, name)[0]


def asinh(x: Operand, *, name: str | None = None) -> Tensor:
    """The inverse hyperbolic sine. Source: Asinh-3."""
    return emit(arhat.AsinhOp, [x], {}, name)[0]


def acosh(x: Operand, *, name: str | None = None) -> Tensor:
    """The inverse hyperbolic cosine. Source: Acosh-3."""
    return emit(arhat.AcoshOp, [x], {}, name)[0]


def atanh(x: Operand, *, name: str | None = None) -> Tensor:
    """The inverse hyperbolic tangent. Source: Atanh-3."""
    return emit(arhat.AtanhOp, [x], {}, name)[0]


def round(
    x: Operand,
    *,
    mode: Literal["half_to_even", "half_away_from_zero"] = "half_to_even",
    name: str | None = None,
) -> Tensor:
    """Rounds to the nearest integer, halves to the even one or away from zero. Source: Round-5."""
    return emit(arhat.RoundOp, [x], {"mode": mode}, name)[0]


def erf(x: Operand, *, name: str | None = None) -> Tensor:
    """The error function. Source: Erf-1."""
    return emit(arhat.ErfOp, [x], {}, name)[0]


def elu(x: Operand, *, alpha: float, name: str | None = None) -> Tensor:
    """`x` where it is positive, else `alpha * (exp(x) - 1)`. Source: Elu-1."""
    return emit(arhat.EluOp, [x], {"alpha": alpha}, name)[0]


def clamp(
    x: Operand, *, min: float = float("-inf"), max: float = float("inf"), name: str | None = None
) -> Tensor:
    """`min(max(x, min), max)`. Source: Clamp-1."""
    return emit(arhat.ClampOp, [x], {"min": min, "max": max}, name)[0]


def leaky_relu(x: Operand, *, alpha: float, name: str | None = None) -> Tensor:
    """`x` where it is positive, else `alpha * x`. Source: PReLU-1 with one slope."""
    return emit(arhat.LeakyReluOp, [x], {"alpha": alpha}, name)[0]


def prelu(x: Operand, slope: Operand, *, name: str | None = None) -> Tensor:
    """`x` where it is positive, else `slope * x`. Source: PReLU-1.

    A rank-1 slope belongs to axis 1 of `x` when `x` has rank 2 or more; any other slope broadcasts by NumPy's
    rule.
    """
    return emit(arhat.PreluOp, [x, slope], {}, name)[0]


def hswish(x: Operand, *, name: str | None = None) -> Tensor:
    """`x * min(max(x + 3, 0), 6) / 6`. Source: HSwish-4."""
    return emit(arhat.HSwishOp, [x], {}, name)[0]


def hsigmoid(x: Operand, *, name: str | None = None) -> Tensor:
    """`min(max(x + 3, 0), 6) / 6`. Source: HSigmoid-5."""
    return emit(arhat.HSigmoidOp, [x], {}, name)[0]


def mish(x: Operand, *, name: str | None = None) -> Tensor:
    """`x * tanh(log(1 + exp(x)))`. Source: Mish-4."""
    return emit(arhat.MishOp, [x], {}, name)[0]


def swish(x: Operand, *, beta: float | None = None, name: str | None = None) -> Tensor:
    """`x / (1 + exp(-beta * x))`, beta 1 when left out. Source: Swish-4."""
    return emit(arhat.SwishOp, [x], {"beta": beta}, name)[0]


def softplus(x: Operand, *, name: str | None = None) -> Tensor:
    """`log(1 + exp(x))`. Source: SoftPlus-4."""
    return emit(arhat.SoftplusOp, [x], {}, name)[0]


def gelu(x: Operand, *, approximate: Literal["erf", "tanh"] = "erf", name: str | None = None) -> Tensor:
    """`x` times the normal distribution function of `x`, exact or by its tanh approximation. Source: Gelu-7."""
    return emit(arhat.GeluOp, [x], {"approximate": approximate}, name)[0]


def reduce_mean(x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None) -> Tensor:
    """The mean over `axes`. Source: ReduceMean-1."""
    return emit(arhat.ReduceMeanOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def reduce_sum(x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None) -> Tensor:
    """The sum over `axes`. Source: ReduceSum-1."""
    return emit(arhat.ReduceSumOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def reduce_prod(x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None) -> Tensor:
    """The product over `axes`. Source: ReduceProd-1."""
    return emit(arhat.ReduceProdOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def reduce_max(x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None) -> Tensor:
    """The maximum over `axes`. Source: ReduceMax-1."""
    return emit(arhat.ReduceMaxOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def reduce_min(x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None) -> Tensor:
    """The minimum over `axes`. Source: ReduceMin-1."""
    return emit(arhat.ReduceMinOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def reduce_logical_and(
    x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None
) -> Tensor:
    """Whether all over `axes` are true. Source: ReduceLogicalAnd-1."""
    return emit(arhat.ReduceLogicalAndOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def reduce_logical_or(x: Operand, *, axes: Sequence[int], keep_dims: bool, name: str | None = None) -> Tensor:
    """Whether any over `axes` is true. Source: ReduceLogicalOr-1."""
    return emit(arhat.ReduceLogicalOrOp, [x], {"axes": axes, "keep_dims": keep_dims}, name)[0]


def cum_sum(
    x: Operand, *, axis: int, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Running sums along `axis`; `exclusive` ones leave out the element itself, `reverse` ones start at the end.

    Source: CumSum-3.
    """
    return emit(arhat.CumSumOp, [x], {"axis": axis, "exclusive": exclusive, "reverse": reverse}, name)[0]


def equal(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a == b`. Source: Equal-1."""
    return emit(arhat.EqualOp, [a, b], {}, name)[0]


def not_equal(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a != b`. Source: NotEqual-1."""
    return emit(arhat.NotEqualOp, [a, b], {}, name)[0]


def less(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a < b`. Source: Less-1."""
    return emit(arhat.LessOp, [a, b], {}, name)[0]


def less_equal(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a <= b`. Source: LessEqual-1."""
    return emit(arhat.LessEqualOp, [a, b], {}, name)[0]


def greater(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a > b`. Source: Greater-1."""
    return emit(arhat.GreaterOp, [a, b], {}, name)[0]


def greater_equal(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """`a >= b`. Source: GreaterEqual-1."""
    return emit(arhat.GreaterEqualOp, [a, b], {}, name)[0]


def logical_and(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """Whether both are true. Source: LogicalAnd-1."""
    return emit(arhat.LogicalAndOp, [a, b], {}, name)[0]


def logical_or(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """Whether one or both are true. Source: LogicalOr-1."""
    return emit(arhat.LogicalOrOp, [a, b], {}, name)[0]


def logical_xor(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """Whether one but not both are true. Source: LogicalXor-1."""
    return emit(arhat.LogicalXorOp, [a, b], {}, name)[0]


def logical_not(x: Operand, *, name: str | None = None) -> Tensor:
    """Whether it is false. Source: LogicalNot-1."""
    return emit(arhat.LogicalNotOp, [x], {}, name)[0]


def bitwise_and(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The bits that are set in both. Source: BitwiseAnd-13."""
    return emit(arhat.BitwiseAndOp, [a, b], {}, name)[0]


def bitwise_or(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The bits that are set in one or both. Source: BitwiseOr-13."""
    return emit(arhat.BitwiseOrOp, [a, b], {}, name)[0]


def bitwise_xor(a: Operand, b: Operand, *, name: str | None = None) -> Tensor:
    """The bits that are set in one but not in both. Source: BitwiseXor-13."""
    return emit(arhat.BitwiseXorOp, [a, b], {}, name)[0]


def bitwise_not(x: Operand, *, name: str | None = None) -> Tensor:
    """Every bit inverted. Source: BitwiseNot-13."""
    return emit(arhat.BitwiseNotOp, [x], {}, name)[0]


def select(condition: Operand, then: Operand, otherwise: Operand, *, name: str | None = None) -> Tensor:
    """`then` where `condition` holds, else `otherwise`; all three broadcast by NumPy's rule. Source: Select-1."""
    return emit(arhat.SelectOp, [condition, then, otherwise], {}, name)[0]


def is_nan(x: Operand, *, name: str | None = None) -> Tensor:
    """Whether it is not a number. Source: IsNaN-10."""
    return emit(arhat.IsNanOp, [x], {}, name)[0]


def is_inf(
    x: Operand, *, detect_negative: bool = True, detect_positive: bool = True, name: str | None = None
) -> Tensor:
    """Whether it is an infinity of a sign that is asked for. Source: IsInf-10."""
    return emit(
        arhat.IsInfOp, [x], {"detect_negative": detect_negative, "detect_positive": detect_positive}, name
    )[0]


def is_finite(x: Operand, *, name: str | None = None) -> Tensor:
    """Whether it is a number and finite. Source: IsFinite-10."""
    return emit(arhat.IsFiniteOp, [x], {}, name)[0]


def reshape(x: Operand, *, shape: Sequence[int], name: str | None = None) -> Tensor:
    """The same elements in row-major order under another shape. Source: Reshape-1, Squeeze-1, Unsqueeze-1."""
    return emit(arhat.ReshapeOp, [x], {"shape": shape}, name)[0]


def transpose(x: Operand, *, perm: Sequence[int], name: str | None = None) -> Tensor:
    """Axis `i` of the result is axis `perm[i]` of the operand. Source: Transpose-1."""
    return emit(arhat.TransposeOp, [x], {"perm": perm}, name)[0]


def concat(xs: Sequence[Operand], *, axis: int, name: str | None = None) -> Tensor:
    """Joins tensors along `axis`. Source: Concat-1."""
    return emit(arhat.ConcatOp, [xs], {"axis": axis}, name)[0]


def slice(
    x: Operand, *, starts: Sequence[int], sizes: Sequence[int], steps: Sequence[int], name: str | None = None
) -> Tensor:
    """Takes `sizes[i]` elements of axis `i`, from `starts[i]` on, every `steps[i]`-th. Source: StridedSlice-1,
    Slice-8.
    """
    return emit(arhat.SliceOp, [x], {"starts": starts, "sizes": sizes, "steps": steps}, name)[0]


def gather(
    x: Operand, indices: Operand, *, axis: int, batch_dims: int = 0, name: str | None = None
) -> Tensor:
    """Picks slices of `x` along `axis` by `indices`. Source: Gather-1, -7 and -8.

    A negative index counts from the end. The first `batch_dims` axes of both operands go together. The
    importer refuses or folds indices out of range; the meaning of one is zeros, as OpenVINO's Gather-8 has
    it.
    """
    return emit(arhat.GatherOp, [x, indices], {"axis": axis, "batch_dims": batch_dims}, name)[0]


def pad(
    x: Operand,
    *,
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    mode: Literal["constant", "edge", "reflect", "symmetric"],
    value: float,
    name: str | None = None,
) -> Tensor:
    """Puts elements around the operand: a constant, the edge or a mirror image. Source: Pad-1 and -12.

    Negative pads cut elements away.
    """
    return emit(
        arhat.PadOp, [x], {"pads_begin": pads_begin, "pads_end": pads_end, "mode": mode, "value": value}, name
    )[0]


def tile(x: Operand, *, repeats: Sequence[int], name: str | None = None) -> Tensor:
    """Repeats the operand `repeats[i]` times along axis `i`. Source: Tile-1."""
    return emit(arhat.TileOp, [x], {"repeats": repeats}, name)[0]


def broadcast(x: Operand, *, shape: Sequence[int], name: str | None = None) -> Tensor:
    """Repeats the operand to `shape` by NumPy's rule. Source: Broadcast-3."""
    return emit(arhat.BroadcastOp, [x], {"shape": shape}, name)[0]


def shape_of(x: Operand, *, name: str | None = None) -> Tensor:
    """The operand's shape as i64 values. Source: ShapeOf-3."""
    return emit(arhat.ShapeOfOp, [x], {}, name)[0]


def interpolate(
    x: Operand,
    *,
    axes: Sequence[int],
    sizes: Sequence[int],
    scales: Sequence[float],
    mode: Literal["nearest", "linear", "linear_onnx", "cubic"],
    coordinate_transformation: Literal[
        "half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"
    ],
    nearest_mode: Literal["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"],
    antialias: bool,
    cube_coeff: float,
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    name: str | None = None,
) -> Tensor:
    """Resizes `axes` to `sizes` after padding with zeros. Source: Interpolate-1, -4 and -11.

    `scales` (one per axis) are what coordinates are computed with; they are given apart from `sizes` because
    a model may state either, and the rounding of one from the other differs.
    """
    return emit(
        arhat.InterpolateOp,
        [x],
        {
            "axes": axes,
            "sizes": sizes,
            "scales": scales,
            "mode": mode,
            "coordinate_transformation": coordinate_transformation,
            "nearest_mode": nearest_mode,
            "antialias": antialias,
            "cube_coeff": cube_coeff,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
        },
        name,
    )[0]


def resample(
    x: Operand,
    *,
    axis: int,
    size: int,
    filter: Literal["bilinear", "bicubic"],
    cube_coeff: float,
    name: str | None = None,
) -> Tensor:
    """Resizes one axis as the Pillow library does: a filter that widens where the axis shrinks. Source:
    Interpolate-11, modes `bilinear_pillow` and `bicubic_pillow`.

    Weights and sums are f64; integers are rounded, halves away from zero, and clipped to their range.
    """
    return emit(
        arhat.ResampleOp, [x], {"axis": axis, "size": size, "filter": filter, "cube_coeff": cube_coeff}, name
    )[0]


def bucketize(
    x: Operand,
    buckets: Operand,
    *,
    right_bound: bool = True,
    index_type: Literal["i32", "i64"] = "i64",
    name: str | None = None,
) -> Tensor:
    """The number of the interval between `buckets`, in ascending order, that each element lies in. Source:
    Bucketize-3.

    `right_bound`: an interval holds its right end, else its left.
    """
    return emit(
        arhat.BucketizeOp, [x, buckets], {"right_bound": right_bound, "index_type": index_type}, name
    )[0]


def ctc_greedy_decoder(x: Operand, mask: Operand, *, merge_repeated: bool, name: str | None = None) -> Tensor:
    """The best class of each step, repetitions (with `merge_repeated`) and blanks left out. Source:
    CTCGreedyDecoder-1.

    `x` is [T, N, C], `mask` [T, N]: a sequence ends at its first zero. The last class is the blank. What is
    left of a row of the result is -1. Of equal scores the first class counts.
    """
    return emit(arhat.CtcGreedyDecoderOp, [x, mask], {"merge_repeated": merge_repeated}, name)[0]


def ctc_greedy_decoder_seq_len(
    x: Operand,
    lengths: Operand,
    *,
    blank: int,
    merge_repeated: bool,
    class_type: Literal["i32", "i64"],
    length_type: Literal["i32", "i64"],
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `arhat.ctc_greedy_decoder`, for sequences of given lengths. Source: CTCGreedyDecoderSeqLen-6.

    `x` is [N, T, C], `lengths` [N]; `blank` is the class of the blank. The second result counts each row's
    classes.
    """
    made = emit(
        arhat.CtcGreedyDecoderSeqLenOp,
        [x, lengths],
        {
            "blank": blank,
            "merge_repeated": merge_repeated,
            "class_type": class_type,
            "length_type": length_type,
        },
        name,
    )
    return made[0], made[1]


def gather_elements(x: Operand, indices: Operand, *, axis: int, name: str | None = None) -> Tensor:
    """Picks single elements: the coordinate of `axis` is that of `indices`, the others stay. Source:
    GatherElements-6.

    Negative positions count from the end; one out of range gives zero.
    """
    return emit(arhat.GatherElementsOp, [x, indices], {"axis": axis}, name)[0]


def gather_nd(x: Operand, indices: Operand, *, batch_dims: int = 0, name: str | None = None) -> Tensor:
    """Picks slices by tuples of positions. Source: GatherND-5 and -8.

    The last axis of `indices` holds the tuples; the first `batch_dims` axes of both operands go together.
    Negative positions count from the end; a slice out of range is zeros.
    """
    return emit(arhat.GatherNdOp, [x, indices], {"batch_dims": batch_dims}, name)[0]


def one_hot(
    indices: Operand,
    on: Operand,
    off: Operand,
    *,
    axis: int,
    depth: int,
    normalize: bool = False,
    name: str | None = None,
) -> Tensor:
    """A new axis of size `depth`: `on` at the position that `indices` gives, `off` elsewhere. Source: OneHot-1,
    -16.

    A position out of range gives `off` alone; `normalize` lets negative ones count from the end.
    """
    return emit(
        arhat.OneHotOp, [indices, on, off], {"axis": axis, "depth": depth, "normalize": normalize}, name
    )[0]


def reverse_sequence(
    x: Operand, lengths: Operand, *, batch_axis: int, seq_axis: int, name: str | None = None
) -> Tensor:
    """Reverses the first `lengths[b]` elements along `seq_axis` of each slice `b` of `batch_axis`. Source:
    ReverseSequence-1.
    """
    return emit(
        arhat.ReverseSequenceOp, [x, lengths], {"batch_axis": batch_axis, "seq_axis": seq_axis}, name
    )[0]


def scatter_elements_update(
    x: Operand,
    indices: Operand,
    updates: Operand,
    *,
    axis: int,
    reduction: Literal["none", "sum", "prod", "min", "max", "mean"] = "none",
    use_init_val: bool = True,
    name: str | None = None,
) -> Tensor:
    """`x` with single elements replaced by, or reduced with, `updates`. Source: ScatterElementsUpdate-3 and -12.

    An update goes to its own coordinates, but for that of `axis`, which `indices` gives. Negative positions
    count from the end; one out of range updates nothing. With `use_init_val` the element of `x` takes part in
    the reduction. The mean of integers is rounded down.
    """
    return emit(
        arhat.ScatterElementsUpdateOp,
        [x, indices, updates],
        {"axis": axis, "reduction": reduction, "use_init_val": use_init_val},
        name,
    )[0]


def scatter_update(
    x: Operand,
    indices: Operand,
    updates: Operand,
    *,
    axis: int,
    reduction: Literal["none", "sum", "sub", "prod", "min", "max"] = "none",
    name: str | None = None,
) -> Tensor:
    """`x` with slices replaced by, or reduced with, `updates`. Source: ScatterUpdate-3, ScatterNDUpdate-4 and
    -15.

    The last axis of `indices` holds tuples; one names a slice by its positions along the axes of `x` from
    `axis` on. Negative positions count from the end; a slice out of range is not updated. Updates apply in
    their order, so that of several for one slice the last stays, unless `reduction` is another than `none`.
    """
    return emit(arhat.ScatterUpdateOp, [x, indices, updates], {"axis": axis, "reduction": reduction}, name)[0]


def topk(
    x: Operand,
    *,
    axis: int,
    k: int,
    mode: Literal["max", "min"] = "max",
    sort: Literal["value", "index"] = "value",
    index_type: Literal["i32", "i64"] = "i64",
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The `k` largest or smallest elements along `axis`, and where they are. Source: TopK-1, -3 and -11.

    Of equal elements that with the lower position comes first and is preferred, whether or not a stable order
    is asked for. `sort` orders the chosen ones by value (best first) or by position.
    """
    made = emit(
        arhat.TopKOp, [x], {"axis": axis, "k": k, "mode": mode, "sort": sort, "index_type": index_type}, name
    )
    return made[0], made[1]


def prior_box(
    *,
    feature: Sequence[int],
    image: Sequence[int],
    min_size: Sequence[float],
    max_size: Sequence[float],
    aspect_ratio: Sequence[float],
    density: Sequence[float],
    fixed_ratio: Sequence[float],
    fixed_size: Sequence[float],
    variance: Sequence[float],
    flip: bool,
    clip: bool,
    scale_all_sizes: bool,
    min_max_aspect_ratios_order: bool,
    step: float,
    offset: float,
    name: str | None = None,
) -> Tensor:
    """The prior boxes of a feature map and, in the second row, their variances. Source: PriorBox-1 and -8.

    `feature` and `image` are [height, width]; `step` 0 means image size over feature size.
    """
    return emit(
        arhat.PriorBoxOp,
        [],
        {
            "feature": feature,
            "image": image,
            "min_size": min_size,
            "max_size": max_size,
            "aspect_ratio": aspect_ratio,
            "density": density,
            "fixed_ratio": fixed_ratio,
            "fixed_size": fixed_size,
            "variance": variance,
            "flip": flip,
            "clip": clip,
            "scale_all_sizes": scale_all_sizes,
            "min_max_aspect_ratios_order": min_max_aspect_ratios_order,
            "step": step,
            "offset": offset,
        },
        name,
    )[0]


def prior_box_clustered(
    *,
    feature: Sequence[int],
    image: Sequence[int],
    width: Sequence[float],
    height: Sequence[float],
    variance: Sequence[float],
    step_w: float,
    step_h: float,
    offset: float,
    clip: bool,
    name: str | None = None,
) -> Tensor:
    """Prior boxes of given widths and heights, with their variances in the second row. Source:
    PriorBoxClustered-1.
    """
    return emit(
        arhat.PriorBoxClusteredOp,
        [],
        {
            "feature": feature,
            "image": image,
            "width": width,
            "height": height,
            "variance": variance,
            "step_w": step_w,
            "step_h": step_h,
            "offset": offset,
            "clip": clip,
        },
        name,
    )[0]


def detection_output(
    loc: Operand,
    conf: Operand,
    priors: Operand,
    *,
    num_classes: int,
    background_label_id: int,
    top_k: int,
    keep_top_k: Sequence[int],
    code_type: Literal["corner", "center_size", "corner_size"],
    variance_encoded_in_target: bool,
    share_location: bool,
    nms_threshold: float,
    confidence_threshold: float,
    clip_before_nms: bool,
    clip_after_nms: bool,
    decrease_label_id: bool,
    normalized: bool,
    input_height: int,
    input_width: int,
    objectness_score: float,
    aux_conf: Operand | None = None,
    aux_loc: Operand | None = None,
    name: str | None = None,
) -> Tensor:
    """Decodes boxes, suppresses overlaps and keeps the best. Source: DetectionOutput-1 and -8.

    `loc` is [N, priors * 4 (* classes unless share_location)], `conf` [N, priors * classes], `priors` [1 or
    N, 2 (1 if variance_encoded_in_target), priors * (4 or, if not normalized, 5)], `aux_conf` [N, priors *
    2], `aux_loc` like `loc`. The result is [1, 1, K, 7]: image, label, confidence, x0, y0, x1, y1; the first
    free row has image -1 and the rows behind it are zero.
    """
    return emit(
        arhat.DetectionOutputOp,
        [loc, conf, priors, aux_conf, aux_loc],
        {
            "num_classes": num_classes,
            "background_label_id": background_label_id,
            "top_k": top_k,
            "keep_top_k": keep_top_k,
            "code_type": code_type,
            "variance_encoded_in_target": variance_encoded_in_target,
            "share_location": share_location,
            "nms_threshold": nms_threshold,
            "confidence_threshold": confidence_threshold,
            "clip_before_nms": clip_before_nms,
            "clip_after_nms": clip_after_nms,
            "decrease_label_id": decrease_label_id,
            "normalized": normalized,
            "input_height": input_height,
            "input_width": input_width,
            "objectness_score": objectness_score,
        },
        name,
    )[0]


def region_yolo(
    x: Operand,
    *,
    coords: int,
    classes: int,
    num: int,
    do_softmax: bool,
    mask: Sequence[int],
    anchors: Sequence[float],
    axis: int,
    end_axis: int,
    name: str | None = None,
) -> Tensor:
    """Sigmoid (and softmax) of a YOLO head's channels. Source: RegionYolo-1.

    With `do_softmax` (v2) all `num` regions are kept, classes go through softmax and the axes from `axis` to
    `end_axis` are flattened; without (v3) the regions of `mask` are kept and classes go through sigmoid.
    """
    return emit(
        arhat.RegionYoloOp,
        [x],
        {
            "coords": coords,
            "classes": classes,
            "num": num,
            "do_softmax": do_softmax,
            "mask": mask,
            "anchors": anchors,
            "axis": axis,
            "end_axis": end_axis,
        },
        name,
    )[0]


def proposal(
    scores: Operand,
    deltas: Operand,
    image_info: Operand,
    *,
    base_size: int,
    pre_nms_topn: int,
    post_nms_topn: int,
    nms_thresh: float,
    feat_stride: int,
    min_size: int,
    ratio: Sequence[float],
    scale: Sequence[float],
    clip_before_nms: bool,
    clip_after_nms: bool,
    normalize: bool,
    box_size_scale: float,
    box_coordinate_scale: float,
    framework: Literal["", "tensorflow"],
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The best boxes of a region proposal network and their scores. Source: Proposal-1 and -4.

    `scores` is [N, 2 * A, H, W] (background of all A anchors, then foreground), `deltas` [N, 4 * A, H, W],
    `image_info` [3] or [4]: height, width and scales of the image. A anchors, one per `ratio` and `scale`,
    stand in every cell. The results are [N * post_nms_topn, 5] (image, x0, y0, x1, y1) and [N *
    post_nms_topn]. Where fewer boxes are found, the first free row of an image is -1, 0, 0, 0, 0 and the rows
    behind it are zero.
    """
    made = emit(
        arhat.ProposalOp,
        [scores, deltas, image_info],
        {
            "base_size": base_size,
            "pre_nms_topn": pre_nms_topn,
            "post_nms_topn": post_nms_topn,
            "nms_thresh": nms_thresh,
            "feat_stride": feat_stride,
            "min_size": min_size,
            "ratio": ratio,
            "scale": scale,
            "clip_before_nms": clip_before_nms,
            "clip_after_nms": clip_after_nms,
            "normalize": normalize,
            "box_size_scale": box_size_scale,
            "box_coordinate_scale": box_coordinate_scale,
            "framework": framework,
        },
        name,
    )
    return made[0], made[1]


def roi_pooling(
    x: Operand,
    rois: Operand,
    *,
    pooled: Sequence[int],
    spatial_scale: float,
    method: Literal["max", "bilinear"],
    name: str | None = None,
) -> Tensor:
    """Each box of `x` in `pooled` cells: the maximum of a cell, or its bilinear sample. Source: ROIPooling-1 and
    -2.

    `rois` is [R, 5]: image, x0, y0, x1, y1; in pixels of the image (times `spatial_scale`) for `max`, in
    fractions of it for `bilinear`. The first box of image -1 ends the list: its result and those behind it
    are zero.
    """
    return emit(
        arhat.RoiPoolingOp,
        [x, rois],
        {"pooled": pooled, "spatial_scale": spatial_scale, "method": method},
        name,
    )[0]


def psroi_pooling(
    x: Operand,
    rois: Operand,
    *,
    output_dim: int,
    group_size: int,
    spatial_scale: float,
    mode: Literal["average", "bilinear"],
    bins: Sequence[int],
    name: str | None = None,
) -> Tensor:
    """Position-sensitive pooling: every cell of a box reads channels of its own. Source: PSROIPooling-1.

    `rois` as for `arhat.roi_pooling`, in pixels for `average`, in fractions of the image (over
    `spatial_scale`) for `bilinear`. `x` has `output_dim * group_size * group_size` channels for `average` and
    `output_dim * bins[0] * bins[1]` (down, across) for `bilinear`.
    """
    return emit(
        arhat.PsroiPoolingOp,
        [x, rois],
        {
            "output_dim": output_dim,
            "group_size": group_size,
            "spatial_scale": spatial_scale,
            "mode": mode,
            "bins": bins,
        },
        name,
    )[0]


def roi_align(
    x: Operand,
    rois: Operand,
    batch: Operand,
    *,
    pooled: Sequence[int],
    sampling_ratio: int,
    spatial_scale: float,
    mode: Literal["avg", "max"],
    aligned_mode: Literal["asymmetric", "half_pixel_for_nn", "half_pixel"],
    name: str | None = None,
) -> Tensor:
    """Mean or maximum of bilinear samples in the cells of each box. Source: ROIAlign-3 and -9.

    `rois` is [R, 4] (x0, y0, x1, y1), `batch` [R] the image of each; -1 ends the list as for
    `arhat.roi_pooling`. `sampling_ratio` samples along each side of a cell; 0: one per pixel of the feature
    map.
    """
    return emit(
        arhat.RoiAlignOp,
        [x, rois, batch],
        {
            "pooled": pooled,
            "sampling_ratio": sampling_ratio,
            "spatial_scale": spatial_scale,
            "mode": mode,
            "aligned_mode": aligned_mode,
        },
        name,
    )[0]


def non_max_suppression(
    boxes: Operand,
    scores: Operand,
    *,
    max_output_boxes: int,
    iou_threshold: float,
    score_threshold: float,
    soft_nms_sigma: float,
    box_encoding: Literal["corner", "center"],
    sort_result_descending: bool,
    index_type: Literal["i32", "i64"],
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The best boxes of each class that overlap no better one of it. Source: NonMaxSuppression-1 to -9.

    `boxes` is [N, B, 4] (y0, x0, y1, x1 for `corner`, x, y, width, height for `center`), `scores` [N, C, B]. The
    results have room for the K = N * C * min(B, max_output_boxes) boxes that there may be: `indices` [K, 3] are image,
    class and box, `selected` [K, 3] image, class and score, `count` [1] says how many rows there are; the others are
    -1.
    """
    made = emit(
        arhat.NonMaxSuppressionOp,
        [boxes, scores],
        {
            "max_output_boxes": max_output_boxes,
            "iou_threshold": iou_threshold,
            "score_threshold": score_threshold,
            "soft_nms_sigma": soft_nms_sigma,
            "box_encoding": box_encoding,
            "sort_result_descending": sort_result_descending,
            "index_type": index_type,
        },
        name,
    )
    return made[0], made[1], made[2]


def multiclass_nms(
    boxes: Operand,
    scores: Operand,
    *,
    iou_threshold: float,
    nms_eta: float,
    sort_result_type: Literal["class", "score", "none"],
    sort_result_across_batch: bool,
    score_threshold: float,
    nms_top_k: int,
    keep_top_k: int,
    background_class: int,
    normalized: bool,
    index_type: Literal["i32", "i64"],
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The best boxes of all classes that overlap no better one of theirs. Source: MulticlassNms-8 and -9.

    `boxes` is [N, B, 4] (corners), `scores` [N, C, B]. `outputs` [K, 6] are class, score and box, `indices`
    [K, 1] the places of the boxes in all images, `counts` [N] how many each image has; the rows behind these
    are -1. The threshold of overlap is multiplied by `nms_eta` with each selected box while it is above 0.5.
    """
    made = emit(
        arhat.MulticlassNmsOp,
        [boxes, scores],
        {
            "iou_threshold": iou_threshold,
            "nms_eta": nms_eta,
            "sort_result_type": sort_result_type,
            "sort_result_across_batch": sort_result_across_batch,
            "score_threshold": score_threshold,
            "nms_top_k": nms_top_k,
            "keep_top_k": keep_top_k,
            "background_class": background_class,
            "normalized": normalized,
            "index_type": index_type,
        },
        name,
    )
    return made[0], made[1], made[2]


def matrix_nms(
    boxes: Operand,
    scores: Operand,
    *,
    decay_function: Literal["gaussian", "linear"],
    gaussian_sigma: float,
    post_threshold: float,
    sort_result_type: Literal["class", "score", "none"],
    sort_result_across_batch: bool,
    score_threshold: float,
    nms_top_k: int,
    keep_top_k: int,
    background_class: int,
    normalized: bool,
    index_type: Literal["i32", "i64"],
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Lowers the scores of boxes by their overlap with better ones of their class. Source: MatrixNms-8.

    Operands and results as for `arhat.multiclass_nms`; boxes whose score falls to `post_threshold` are
    dropped.
    """
    made = emit(
        arhat.MatrixNmsOp,
        [boxes, scores],
        {
            "decay_function": decay_function,
            "gaussian_sigma": gaussian_sigma,
            "post_threshold": post_threshold,
            "sort_result_type": sort_result_type,
            "sort_result_across_batch": sort_result_across_batch,
            "score_threshold": score_threshold,
            "nms_top_k": nms_top_k,
            "keep_top_k": keep_top_k,
            "background_class": background_class,
            "normalized": normalized,
            "index_type": index_type,
        },
        name,
    )
    return made[0], made[1], made[2]


def non_zero(
    x: Operand, *, index_type: Literal["i32", "i64"], name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The positions of the elements that are not zero, in row-major order. Source: NonZero-3.

    `positions` is [rank, K] with room for all K elements, `count` [1] says how many columns there are; the others are
    -1.
    """
    made = emit(arhat.NonZeroOp, [x], {"index_type": index_type}, name)
    return made[0], made[1]


def fake_quantize(
    x: Operand,
    input_low: Operand,
    input_high: Operand,
    output_low: Operand,
    output_high: Operand,
    *,
    levels: int,
    name: str | None = None,
) -> Tensor:
    """Rounds to one of `levels` values, evenly spaced between `output_low` and `output_high`.

    An element up to the lower of `input_low` and `input_high` gives `output_low`, one above the higher of
    them `output_high`; between them it is `round((x - input_low) / (input_high - input_low) * (levels - 1)) /
    (levels - 1) * (output_high - output_low) + output_low`, with halves rounded to even. All operands have
    one float type and broadcast by NumPy's rule; the result has the shape that they broadcast to. Source:
    FakeQuantize-1.
    """
    return emit(
        arhat.FakeQuantizeOp, [x, input_low, input_high, output_low, output_high], {"levels": levels}, name
    )[0]


def quantize(x: Operand, multiplier: Operand, shift: Operand, *, name: str | None = None) -> Tensor:
    """`clamp(round(x * multiplier + shift), 0, 255)` as bytes; the product and its sum are rounded once.

    Halves round to even. `multiplier` is the reciprocal of the scale, `shift` the zero point: one for all, or
    one for each channel (axis 1). Source: the first half of FakeQuantize-1 with 256 levels.
    """
    return emit(arhat.QuantizeOp, [x, multiplier, shift], {}, name)[0]


def dequantize(x: Operand, scale: Operand, offset: Operand, *, name: str | None = None) -> Tensor:
    """`q * scale + offset`, rounded once: what the bytes stand for.

    One scale and offset for all, or one for each channel (axis 1). Source: the second half of FakeQuantize-1.
    """
    return emit(arhat.DequantizeOp, [x, scale, offset], {}, name)[0]


def quantized_convolution(
    x: Operand,
    filter: Operand,
    scale: Operand,
    bias: Operand,
    *,
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    groups: int,
    padding: int,
    slope: Operand | None = None,
    multiplier: Operand | None = None,
    shift: Operand | None = None,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution of bytes with an int8 filter: `activation(sum * scale + bias)`, quantised again or not.

    The sum is an exact integer. Padding reads the byte `padding`, the zero point of `x`. `scale` and `bias`
    are f32, one for each output channel; they account for the scales and the offsets of input and filter.
    With `multiplier` and `shift` (as in `arhat.quantize`) the result is bytes, without them f32. `groups` is
    1, or the number of input and output channels (depthwise). Source: Convolution-1 and GroupConvolution-1
    between FakeQuantize-1.
    """
    return emit(
        arhat.QuantizedConvolutionOp,
        [x, filter, scale, bias, slope, multiplier, shift],
        {
            "strides": strides,
            "pads_begin": pads_begin,
            "pads_end": pads_end,
            "dilations": dilations,
            "groups": groups,
            "padding": padding,
            "activation": activation,
        },
        name,
    )[0]


def quantized_add(
    a: Operand,
    b: Operand,
    *,
    scale_a: float,
    offset_a: float,
    scale_b: float,
    offset_b: float,
    multiplier: Operand | None = None,
    shift: Operand | None = None,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """`activation((a * scale_a + offset_a) + (b * scale_b + offset_b))` of bytes, quantised again or not.

    Each product is rounded together with its sum. With `multiplier` and `shift` (as in `arhat.quantize`) the
    result is bytes, without them f32. Source: Add-1 between FakeQuantize-1.
    """
    return emit(
        arhat.QuantizedAddOp,
        [a, b, multiplier, shift],
        {
            "scale_a": scale_a,
            "offset_a": offset_a,
            "scale_b": scale_b,
            "offset_b": offset_b,
            "activation": activation,
        },
        name,
    )[0]


def lstm_sequence(
    x: Operand,
    initial_h: Operand,
    initial_c: Operand,
    w: Operand,
    r: Operand,
    b: Operand,
    *,
    lengths: Operand | None = None,
    direction: Literal["forward", "reverse", "bidirectional"] = "forward",
    activations: Sequence[str] = ("sigmoid", "tanh", "tanh"),
    alpha: Sequence[float] = (
        0.0,
        0.0,
        0.0,
    ),
    beta: Sequence[float] = (
        0.0,
        0.0,
        0.0,
    ),
    clip: float = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory. The gates are f(orget), i(nput), c(andidate), o(utput).

    `f, i, o = f(x w + h r + b)`, `c~ = g(...)`, `c = f * c + i * c~`, `h = o * h(c)`. Results: all hidden
    states, the last hidden state, the last cell state. Source: LSTMSequence-5, LSTMCell-4.
    """
    made = emit(
        arhat.LstmSequenceOp,
        [x, initial_h, initial_c, w, r, b, lengths],
        {"direction": direction, "activations": activations, "alpha": alpha, "beta": beta, "clip": clip},
        name,
    )
    return made[0], made[1], made[2]


def gru_sequence(
    x: Operand,
    initial_h: Operand,
    w: Operand,
    r: Operand,
    b: Operand,
    *,
    recurrent_bias: Operand | None = None,
    lengths: Operand | None = None,
    direction: Literal["forward", "reverse", "bidirectional"] = "forward",
    activations: Sequence[str] = ("sigmoid", "tanh"),
    alpha: Sequence[float] = (
        0.0,
        0.0,
    ),
    beta: Sequence[float] = (
        0.0,
        0.0,
    ),
    clip: float = 0.0,
    linear_before_reset: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Gated recurrent unit. The gates are z (update), r(eset), h (candidate).

    `z, r = f(x w + h r + b)`, `h~ = g(x w + (r * h) r + b)`, `h = (1 - z) * h~ + z * h`. With
    `linear_before_reset` it is `h~ = g(x w + b + r * (h r + recurrent_bias))`, `recurrent_bias` [D, H].
    Results: all hidden states, the last one. Source: GRUSequence-5, GRUCell-3.
    """
    made = emit(
        arhat.GruSequenceOp,
        [x, initial_h, w, r, b, recurrent_bias, lengths],
        {
            "direction": direction,
            "activations": activations,
            "alpha": alpha,
            "beta": beta,
            "clip": clip,
            "linear_before_reset": linear_before_reset,
        },
        name,
    )
    return made[0], made[1]


def rnn_sequence(
    x: Operand,
    initial_h: Operand,
    w: Operand,
    r: Operand,
    b: Operand,
    *,
    lengths: Operand | None = None,
    direction: Literal["forward", "reverse", "bidirectional"] = "forward",
    activations: Sequence[str] = ("tanh",),
    alpha: Sequence[float] = (0.0,),
    beta: Sequence[float] = (0.0,),
    clip: float = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Plain recurrent network: `h = f(x w + h r + b)`. Results: all hidden states, the last one.

    Source: RNNSequence-5, RNNCell-1.
    """
    made = emit(
        arhat.RnnSequenceOp,
        [x, initial_h, w, r, b, lengths],
        {"direction": direction, "activations": activations, "alpha": alpha, "beta": beta, "clip": clip},
        name,
    )
    return made[0], made[1]


def read_value(init: Operand, *, variable: str, name: str | None = None) -> Tensor:
    """The value of a state variable: what the last inference assigned to it.

    In the first inference, and the first after a reset, it is `init`, which then is the variable's value
    until something is assigned. Source: ReadValue-3, ReadValue-6.
    """
    return emit(arhat.ReadValueOp, [init], {"variable": variable}, name)[0]


def assign(value: Operand, *, variable: str, name: str | None = None) -> None:
    """Gives a state variable the value that the next inference reads. Source: Assign-3, Assign-6."""
    emit(arhat.AssignOp, [value], {"variable": variable}, name)
