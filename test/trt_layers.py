"""One network with every layer of the `trt` dialect, and the statements that each is printed as."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """An op of the dialect: its text, the values it reads (name to type) and the statements, tensors as `<name>`."""

    op: str
    operands: dict[str, str]
    results: tuple[str, ...]
    lines: tuple[str, ...]


def layer(op: str, operands: dict[str, str], results: str | tuple[str, ...], *lines: str) -> Layer:
    """A layer with one result or several."""
    return Layer(op, operands, (results,) if isinstance(results, str) else results, lines)


X = "tensor<1x4x6x6xf32>"
ROW = "tensor<2x5xf32>"
WINDOW = "strides = [2, 1], pre_padding = [1, 0], post_padding = [0, 1], dilations = [1, 2], groups = 2"
PLAIN = "strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1"

LAYERS: dict[str, Layer] = {
    "activation": layer(
        'trt.activation(%x) {kind = "leaky_relu", alpha = 0.1}',
        {"x": X},
        X,
        "auto& layer = n.layer(n->addActivation(<x>, ActivationType::kLEAKY_RELU), NAME);",
        "layer.setAlpha(0.1f);",
    ),
    "clip": layer(
        'trt.activation(%x) {kind = "clip", alpha = -1.0, beta = 6.0}',
        {"x": X},
        X,
        "auto& layer = n.layer(n->addActivation(<x>, ActivationType::kCLIP), NAME);",
        "layer.setAlpha(-1.0f);",
        "layer.setBeta(6.0f);",
    ),
    "unary": layer(
        'trt.unary(%x) {op = "sqrt"}',
        {"x": X},
        X,
        "auto& layer = n.layer(n->addUnary(<x>, UnaryOperation::kSQRT), NAME);",
    ),
    "element_wise": layer(
        'trt.element_wise(%x, %y) {op = "floor_div"}',
        {"x": X, "y": "tensor<1x4x1x1xf32>"},
        X,
        "auto& layer = n.layer(n->addElementWise(<x>, <y>, ElementWiseOperation::kFLOOR_DIV), NAME);",
    ),
    "parametric_relu": layer(
        "trt.parametric_relu(%x, %y)",
        {"x": X, "y": "tensor<1x4x1x1xf32>"},
        X,
        "auto& layer = n.layer(n->addParametricReLU(<x>, <y>), NAME);",
    ),
    "select": layer(
        "trt.select(%c, %x, %y)",
        {"c": "tensor<1x4x6x6xi1>", "x": X, "y": X},
        X,
        "auto& layer = n.layer(n->addSelect(<c>, <x>, <y>), NAME);",
    ),
    "cast": layer(
        "trt.cast(%x)",
        {"x": X},
        "tensor<1x4x6x6xbf16>",
        "auto& layer = n.layer(n->addCast(<x>, DataType::kBF16), NAME);",
    ),
    "quantize": layer(
        "trt.quantize(%w, %s) {axis = 0}",
        {"w": "constant<4x2xf32>", "s": "constant<4xf32>"},
        "tensor<4x2xi8>",
        "auto& layer = n.layer(n->addQuantize(<w>, <s>, DataType::kINT8), NAME);",
        "layer.setAxis(0);",
    ),
    "dequantize": layer(
        "trt.dequantize(%q, %s)",
        {"q": "tensor<1x4x6x6xi8>", "s": "constant<f32>"},
        X,
        "auto& layer = n.layer(n->addDequantize(<q>, <s>, DataType::kFLOAT), NAME);",
    ),
    "convolution": layer(
        f"trt.convolution(%x, %k, bias = %b) {{{WINDOW}}}",
        {"x": X, "k": "tensor<6x2x3x2xf32>", "b": "tensor<6xf32>"},
        "tensor<1x6x3x5xf32>",
        "auto& layer = n.layer(n->addConvolutionNd(<x>, 6, dims({3, 2}), n.no_weights(DataType::kFLOAT), "
        "n.no_weights(DataType::kFLOAT)), NAME);",
        "layer.setStrideNd(dims({2, 1}));",
        "layer.setPrePadding(dims({1, 0}));",
        "layer.setPostPadding(dims({0, 1}));",
        "layer.setDilationNd(dims({1, 2}));",
        "layer.setNbGroups(2);",
        "layer.setInput(1, <k>);",
        "layer.setInput(2, <b>);",
    ),
    "deconvolution": layer(
        f"trt.deconvolution(%x, %k) {{{PLAIN.replace('groups = 1', 'groups = 2')}}}",
        {"x": X, "k": "tensor<4x3x2x2xf32>"},
        "tensor<1x6x7x7xf32>",
        "auto& layer = n.layer(n->addDeconvolutionNd(<x>, 6, dims({2, 2}), n.no_weights(DataType::kFLOAT), "
        "n.no_weights(DataType::kFLOAT)), NAME);",
        "layer.setNbGroups(2);",
        "layer.setInput(1, <k>);",
    ),
    "max_pooling": layer(
        'trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], '
        'post_padding = [0, 0], padding_mode = "explicit_round_up"}',
        {"x": X},
        "tensor<1x4x3x3xf32>",
        "auto& layer = n.layer(n->addPoolingNd(<x>, PoolingType::kMAX, dims({3, 3})), NAME);",
        "layer.setStrideNd(dims({2, 2}));",
        "layer.setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);",
    ),
    "average_pooling": layer(
        'trt.pooling(%x) {kind = "average", window = [2, 2], strides = [1, 1], pre_padding = [1, 1], '
        'post_padding = [0, 0], count_excludes_padding = false, padding_mode = "explicit_round_down"}',
        {"x": X},
        X,
        "auto& layer = n.layer(n->addPoolingNd(<x>, PoolingType::kAVERAGE, dims({2, 2})), NAME);",
        "layer.setPrePadding(dims({1, 1}));",
        "layer.setAverageCountExcludesPadding(false);",
    ),
    "lrn": layer(
        "trt.lrn(%x) {window = 5, alpha = 0.001, beta = 0.75, k = 1.0}",
        {"x": X},
        X,
        "auto& layer = n.layer(n->addLRN(<x>, 5, 0.001f, 0.75f, 1.0f), NAME);",
    ),
    "matrix_multiply": layer(
        'trt.matrix_multiply(%a, %b) {op_a = "none", op_b = "transpose"}',
        {"a": ROW, "b": "tensor<7x5xf32>"},
        "tensor<2x7xf32>",
        "auto& layer = n.layer(n->addMatrixMultiply(<a>, MatrixOperation::kNONE, <b>, "
        "MatrixOperation::kTRANSPOSE), NAME);",
    ),
    "normalization": layer(
        "trt.normalization(%x, %s, %b) {axes = [2, 3], epsilon = 0.001, groups = 1}",
        {"x": X, "s": "tensor<1x4x1x1xf32>", "b": "tensor<1x4x1x1xf32>"},
        X,
        "auto& layer = n.layer(n.add_normalization(<x>, <s>, <b>, axes({2, 3})), NAME);",
        "layer.setEpsilon(0.001f);",
    ),
    "reduce": layer(
        'trt.reduce(%x) {op = "avg", axes = [2, 3], keep_dims = true}',
        {"x": X},
        "tensor<1x4x1x1xf32>",
        "auto& layer = n.layer(n->addReduce(<x>, ReduceOperation::kAVG, axes({2, 3}), true), NAME);",
    ),
    "soft_max": layer(
        "trt.soft_max(%x) {axis = 1}",
        {"x": X},
        X,
        "auto& layer = n.layer(n->addSoftMax(<x>), NAME);",
        "layer.setAxes(axes({1}));",
    ),
    "top_k": layer(
        'trt.top_k(%a) {op = "min", k = 3, axis = 1}',
        {"a": ROW},
        ("tensor<2x3xf32>", "tensor<2x3xi32>"),
        "auto& layer = n.layer(n->addTopK(<a>, TopKOperation::kMIN, 3, axes({1}), DataType::kINT32), NAME);",
    ),
    "cumulative": layer(
        'trt.cumulative(%a, %n) {op = "sum", exclusive = true, reverse = false}',
        {"a": ROW, "n": "constant<i32>"},
        ROW,
        "auto& layer = n.layer(n->addCumulative(<a>, <n>, CumulativeOperation::kSUM, true, false), NAME);",
    ),
    "reverse_sequence": layer(
        "trt.reverse_sequence(%a, %n) {batch_axis = 0, sequence_axis = 1}",
        {"a": ROW, "n": "tensor<2xi32>"},
        ROW,
        "auto& layer = n.layer(n->addReverseSequence(<a>, <n>), NAME);",
        "layer.setBatchAxis(0);",
        "layer.setSequenceAxis(1);",
    ),
    "shuffle": layer(
        "trt.shuffle(%x) {first_transpose = [0, 2, 3, 1], reshape = [1, 36, 4], second_transpose = [1, 0, 2]}",
        {"x": X},
        "tensor<36x1x4xf32>",
        "auto& layer = n.layer(n->addShuffle(<x>), NAME);",
        "layer.setFirstTranspose(permutation({0, 2, 3, 1}));",
        "layer.setReshapeDimensions(dims({1, 36, 4}));",
        "layer.setSecondTranspose(permutation({1, 0, 2}));",
    ),
    "empty_shuffle": layer(
        "trt.shuffle(%e) {reshape = [0, 2, 3]}",
        {"e": "tensor<0x6xf32>"},
        "tensor<0x2x3xf32>",
        "auto& layer = n.layer(n->addShuffle(<e>), NAME);",
        "layer.setZeroIsPlaceholder(false);",
        "layer.setReshapeDimensions(dims({0, 2, 3}));",
    ),
    "slice": layer(
        'trt.slice(%a) {starts = [0, 1], sizes = [2, 2], strides = [1, 2], mode = "strict_bounds"}',
        {"a": ROW},
        "tensor<2x2xf32>",
        "auto& layer = n.layer(n->addSlice(<a>, dims({0, 1}), dims({2, 2}), dims({1, 2})), NAME);",
    ),
    "padding": layer(
        'trt.slice(%a, fill = %f) {starts = [-1, 0], sizes = [4, 5], strides = [1, 1], mode = "fill"}',
        {"a": ROW, "f": "tensor<f32>"},
        "tensor<4x5xf32>",
        "auto& layer = n.layer(n->addSlice(<a>, dims({-1, 0}), dims({4, 5}), dims({1, 1})), NAME);",
        "layer.setMode(SampleMode::kFILL);",
        "layer.setInput(4, <f>);",
    ),
    "resize": layer(
        'trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", '
        'rounding = "half_down"}',
        {"x": X},
        "tensor<1x4x12x9xf32>",
        "auto& layer = n.layer(n->addResize(<x>), NAME);",
        "layer.setResizeMode(InterpolationMode::kLINEAR);",
        "layer.setCoordinateTransformation(ResizeCoordinateTransformation::kHALF_PIXEL);",
        "layer.setOutputDimensions(dims({1, 4, 12, 9}));",
    ),
    "nearest": layer(
        'trt.resize(%x) {mode = "nearest", coordinate_transformation = "asymmetric", selector = "upper", '
        'rounding = "floor", scales = [1.0, 1.0, 2.0, 1.5]}',
        {"x": X},
        "tensor<1x4x12x9xf32>",
        "const float scales[] = {1.0f, 1.0f, 2.0f, 1.5f};",
        "auto& layer = n.layer(n->addResize(<x>), NAME);",
        "layer.setResizeMode(InterpolationMode::kNEAREST);",
        "layer.setCoordinateTransformation(ResizeCoordinateTransformation::kASYMMETRIC);",
        "layer.setSelectorForSinglePixel(ResizeSelector::kUPPER);",
        "layer.setNearestRounding(ResizeRoundMode::kFLOOR);",
        "layer.setScales(scales, 4);",
    ),
    "cubic": layer(
        'trt.resize(%x) {mode = "cubic", coordinate_transformation = "align_corners", selector = "formula", '
        'rounding = "floor", cubic_coeff = -0.5, exclude_outside = true}',
        {"x": X},
        "tensor<1x4x12x9xf32>",
        "auto& layer = n.layer(n->addResize(<x>), NAME);",
        "layer.setResizeMode(InterpolationMode::kCUBIC);",
        "layer.setCoordinateTransformation(ResizeCoordinateTransformation::kALIGN_CORNERS);",
        "layer.setCubicCoeff(-0.5f);",
        "layer.setExcludeOutside(true);",
        "layer.setOutputDimensions(dims({1, 4, 12, 9}));",
    ),
    "concatenation": layer(
        "trt.concatenation(%x, %y, %x) {axis = 1}",
        {"x": X, "y": X},
        "tensor<1x12x6x6xf32>",
        "auto& layer = n.layer(n.add_concatenation({<x>, <y>, <x>}), NAME);",
        "layer.setAxis(1);",
    ),
    "gather": layer(
        'trt.gather(%a, %i) {mode = "default", axis = 1, elementwise_dims = 1}',
        {"a": ROW, "i": "tensor<2x3xi32>"},
        "tensor<2x3xf32>",
        "auto& layer = n.layer(n->addGatherV2(<a>, <i>, GatherMode::kDEFAULT), NAME);",
        "layer.setGatherAxis(1);",
        "layer.setNbElementWiseDims(1);",
    ),
    "gather_nd": layer(
        'trt.gather(%a, %i) {mode = "nd", axis = 0, elementwise_dims = 0}',
        {"a": ROW, "i": "tensor<3x1xi64>"},
        "tensor<3x5xf32>",
        "auto& layer = n.layer(n->addGatherV2(<a>, <i>, GatherMode::kND), NAME);",
    ),
    "scatter": layer(
        'trt.scatter(%a, %i, %u) {mode = "element", axis = 1}',
        {"a": ROW, "i": "tensor<2x3xi32>", "u": "tensor<2x3xf32>"},
        ROW,
        "auto& layer = n.layer(n->addScatter(<a>, <i>, <u>, ScatterMode::kELEMENT), NAME);",
        "layer.setAxis(1);",
    ),
    "one_hot": layer(
        "trt.one_hot(%i, %v, %d) {axis = 1}",
        {"i": "tensor<4xi32>", "v": "tensor<2xf32>", "d": "constant<i32>"},
        "tensor<4x10xf32>",
        "auto& layer = n.layer(n->addOneHot(<i>, <v>, <d>, 1), NAME);",
    ),
    "shape": layer(
        "trt.shape(%x)", {"x": X}, "tensor<4xi64>", "auto& layer = n.layer(n->addShape(<x>), NAME);"
    ),
    "plugin": layer(
        'trt.plugin(%x) {plugin = "RegionYolo", fields = {coords = 4 : i64, classes = 3 : i64, num = 1 : i64, '
        "mask = array<i64: 0>, anchors = array<f64: 0.5>, do_softmax = false, axis = 1 : i64, end_axis = 3 : i64}}",
        {"x": "tensor<1x8x6x6xf32>"},
        "tensor<1x8x6x6xf32>",
        'auto& layer = n.plugin("RegionYolo", {<x>}, {field("coords", 4), field("classes", 3), field("num", 1), '
        'field_of_ints("mask", {0}), field_of_floats("anchors", {0.5f}), '
        'field("do_softmax", 0), field("axis", 1), field("end_axis", 3)}, NAME);',
    ),
}
"""By a name that is the layer's as well. `trt.constant` makes the operands of type `constant<...>`, a 10 or 1."""


def network(names: list[str]) -> str:
    """A module of those layers, each with inputs of its own."""
    arguments: list[str] = []
    body: list[str] = []
    results: list[tuple[str, str]] = []
    for name in names:
        row = LAYERS[name]
        op = row.op
        for operand, type_ in row.operands.items():
            value = f"%{name}_{operand}"
            op = op.replace(f"%{operand}", value)
            if type_.startswith("constant"):
                element = type_.removeprefix("constant<").removesuffix(">")
                type_ = f"tensor<{element}>"
                number = 10 if name == "one_hot" else 1
                body.append(
                    f"{value}_c = arhat.constant() {{value = dense<{number}> : {type_}}} : () -> {type_}"
                )
                body.append(f"{value} = trt.constant({value}_c) : ({type_}) -> {type_}")
            else:
                arguments.append(f'{value}: {type_} {{arhat.name = "{name}.{operand}"}}')
        types = ", ".join(type_.replace("constant<", "tensor<") for type_ in _types_in_order(row))
        made = [f"%{name}_result{i}" for i in range(len(row.results))]
        to = row.results[0] if len(row.results) == 1 else f"({', '.join(row.results)})"
        head, brace, rest = op.partition(" {")
        attributes = (
            f'{rest[:-1]}, arhat.layers = [#arhat.layer<"{name}", 1>]'
            if brace
            else (f'arhat.layers = [#arhat.layer<"{name}", 1>]')
        )
        body.append(f"{', '.join(made)} = {head} {{{attributes}}} : ({types}) -> {to}")
        results += zip(made, row.results, strict=True)
    values, types = ", ".join(value for value, _ in results), ", ".join(type_ for _, type_ in results)
    lines = "\n  ".join([*body, f"func.return {values} : {types}"])
    named = ", ".join(f'{type_} {{arhat.name = "{value[1:]}"}}' for value, type_ in results)
    return f"func.func @main({', '.join(arguments)}) -> ({named}) {{\n  {lines}\n}}\n"


def _types_in_order(row: Layer) -> list[str]:
    """Types of the operands as they stand in the op's text."""
    inside = row.op[row.op.index("(") + 1 : row.op.index(")")]
    return [row.operands[part.rpartition("%")[2]] for part in inside.split(", ")]
