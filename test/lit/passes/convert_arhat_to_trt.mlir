// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-trt | filecheck %s

// A constant bias goes into the convolution, what else is fused into the op follows as layers of their own.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<1.000000e+00> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
// CHECK-NEXT: [[V1:%.*]] = arhat.constant() {value = {{dense<\[}}1.000000e+00, 2.000000e+00]> : tensor<2xf32>} : () -> tensor<2xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.convolution(%x, [[V0]], bias = [[V1]]) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
// CHECK-NEXT: [[V3:%.*]] = trt.element_wise([[V2]], %r) {op = "sum"} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
// CHECK-NEXT: [[V4:%.*]] = trt.activation([[V3]]) {kind = "relu"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
// CHECK-NEXT: func.return [[V4]] : tensor<1x2x4x4xf32>
func.func @main(%x: tensor<1x2x4x4xf32>, %r: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = dense<1.0> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
  %b = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %y = arhat.convolution(%x, %w, bias = %b, residual = %r) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// -----

// One axis is an image of height 1. A filter and a bias that are computed are tensors of the network.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.shuffle(%x) {reshape = [1, 2, 1, 9]} : (tensor<1x2x9xf32>) -> tensor<1x2x1x9xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.shuffle(%w) {reshape = [2, 2, 1, 3]} : (tensor<2x2x3xf32>) -> tensor<2x2x1x3xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.convolution([[V0]], [[V1]]) {strides = [1, 2], pre_padding = [0, 1], post_padding = [0, 1], dilations = [1, 1], groups = 1} : (tensor<1x2x1x9xf32>, tensor<2x2x1x3xf32>) -> tensor<1x2x1x5xf32>
// CHECK-NEXT: [[V3:%.*]] = trt.shuffle(%b) {reshape = [1, 2, 1, 1]} : (tensor<2xf32>) -> tensor<1x2x1x1xf32>
// CHECK-NEXT: [[V4:%.*]] = trt.element_wise([[V2]], [[V3]]) {op = "sum"} : (tensor<1x2x1x5xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x5xf32>
// CHECK-NEXT: [[V5:%.*]] = trt.shuffle([[V4]]) {reshape = [1, 2, 5]} : (tensor<1x2x1x5xf32>) -> tensor<1x2x5xf32>
// CHECK-NEXT: func.return [[V5]] : tensor<1x2x5xf32>
func.func @main(%x: tensor<1x2x9xf32>, %w: tensor<2x2x3xf32>, %b: tensor<2xf32>) -> tensor<1x2x5xf32> {
  %y = arhat.convolution(%x, %w, bias = %b) {strides = [2], pads_begin = [1], pads_end = [1], dilations = [1], groups = 1} : (tensor<1x2x9xf32>, tensor<2x2x3xf32>, tensor<2xf32>) -> tensor<1x2x5xf32>
  func.return %y : tensor<1x2x5xf32>
}

// -----

// Output padding beyond what the input reaches is zeros, to which the bias is added.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<1.000000e+00> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
// CHECK-NEXT: [[V1:%.*]] = arhat.constant() {value = dense<1.000000e+00> : tensor<1xf32>} : () -> tensor<1xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.deconvolution(%x, [[V0]]) {strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x4x4xf32>
// CHECK-NEXT: [[V3:%.*]] = arhat.constant() {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: [[V4:%.*]] = trt.constant([[V3]]) : (tensor<f32>) -> tensor<f32>
// CHECK-NEXT: [[V5:%.*]] = trt.slice([[V2]], fill = [[V4]]) {starts = [0, 0, 0, 0], sizes = [1, 1, 5, 5], strides = [1, 1, 1, 1], mode = "fill"} : (tensor<1x1x4x4xf32>, tensor<f32>) -> tensor<1x1x5x5xf32>
// CHECK-NEXT: [[V6:%.*]] = arhat.constant() {value = dense<1.000000e+00> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V7:%.*]] = trt.constant([[V6]]) : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V8:%.*]] = trt.element_wise([[V5]], [[V7]]) {op = "sum"} : (tensor<1x1x5x5xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x5x5xf32>
// CHECK-NEXT: func.return [[V8]] : tensor<1x1x5x5xf32>
func.func @main(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x5x5xf32> {
  %w = arhat.constant() {value = dense<1.0> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
  %b = arhat.constant() {value = dense<1.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = arhat.transposed_convolution(%x, %w, bias = %b) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [1, 1], groups = 1} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1xf32>) -> tensor<1x1x5x5xf32>
  func.return %y : tensor<1x1x5x5xf32>
}

// -----

// A deconvolution has strides or dilations: here the filter gets the zeros in between.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = {{dense<\[\[\[\[}}1.000000e+00, 0.000000e+00, 2.000000e+00], [3.000000e+00, 0.000000e+00, 4.000000e+00{{\]\]\]\]>}} : tensor<1x1x2x3xf32>} : () -> tensor<1x1x2x3xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.deconvolution(%x, [[V0]]) {strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x1x2x2xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x4x5xf32>
// CHECK-NEXT: func.return [[V1]] : tensor<1x1x4x5xf32>
func.func @main(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x4x5xf32> {
  %w = arhat.constant() {value = dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
  %y = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 2], output_padding = [0, 0], groups = 1} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x4x5xf32>
  func.return %y : tensor<1x1x4x5xf32>
}

// -----

// Operands of element-wise layers have one rank. A constant is one layer for all its uses.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = {{dense<\[\[}}1.000000e+00, 2.000000e+00, 3.000000e+00{{\]\]>}} : tensor<1x3xf32>} : () -> tensor<1x3xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<1x3xf32>) -> tensor<1x3xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise(%x, [[V1]]) {op = "sum"} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: [[V3:%.*]] = trt.element_wise([[V2]], [[V1]]) {op = "prod"} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: [[V4:%.*]] = trt.shuffle(%s) {reshape = [1, 1]} : (tensor<f32>) -> tensor<1x1xf32>
// CHECK-NEXT: [[V5:%.*]] = trt.element_wise([[V4]], [[V3]]) {op = "sub"} : (tensor<1x1xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: func.return [[V3]], [[V5]] : tensor<2x3xf32>, tensor<2x3xf32>
func.func @main(%x: tensor<2x3xf32>, %s: tensor<f32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %a = arhat.constant() {value = dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>} : () -> tensor<1x3xf32>
  %0 = arhat.add(%x, %a) : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %1 = arhat.multiply(%0, %a) : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %2 = arhat.subtract(%s, %1) : (tensor<f32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// Less or equal is not the opposite of greater: neither holds of NaN.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.element_wise(%x, %y) {op = "less"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
// CHECK-NEXT: [[V1:%.*]] = trt.element_wise(%x, %y) {op = "equal"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise([[V0]], [[V1]]) {op = "or"} : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
// CHECK-NEXT: [[V3:%.*]] = trt.element_wise(%x, %y) {op = "equal"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
// CHECK-NEXT: [[V4:%.*]] = trt.unary([[V3]]) {op = "not"} : (tensor<4xi1>) -> tensor<4xi1>
// CHECK-NEXT: func.return [[V2]], [[V4]] : tensor<4xi1>, tensor<4xi1>
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xi1>, tensor<4xi1>) {
  %0 = arhat.less_equal(%x, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %1 = arhat.not_equal(%x, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  func.return %0, %1 : tensor<4xi1>, tensor<4xi1>
}

// -----

// A last window that only padding fills up.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [1, 1], padding_mode = "explicit_round_down"} : (tensor<1x1x6x6xf32>) -> tensor<1x1x3x3xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.pooling(%x) {kind = "average", window = [3, 3], strides = [2, 2], pre_padding = [0, 0], post_padding = [1, 1], count_excludes_padding = true, padding_mode = "explicit_round_down"} : (tensor<1x1x6x6xf32>) -> tensor<1x1x3x3xf32>
// CHECK-NEXT: func.return [[V0]], [[V1]] : tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>
func.func @main(%x: tensor<1x1x6x6xf32>) -> (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) {
  %0 = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "ceil"} : (tensor<1x1x6x6xf32>) -> tensor<1x1x3x3xf32>
  %1 = arhat.avg_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], rounding = "ceil", exclude_pad = true} : (tensor<1x1x6x6xf32>) -> tensor<1x1x3x3xf32>
  func.return %0, %1 : tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>
}

// -----

// The pooling layer has no dilations and no integers: one element of each window after the other, axis by axis.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.slice(%x) {starts = [0, 0, 0, 0], sizes = [1, 1, 2, 5], strides = [1, 1, 1, 1], mode = "strict_bounds"} : (tensor<1x1x3x5xi32>) -> tensor<1x1x2x5xi32>
// CHECK-NEXT: [[V1:%.*]] = trt.slice(%x) {starts = [0, 0, 1, 0], sizes = [1, 1, 2, 5], strides = [1, 1, 1, 1], mode = "strict_bounds"} : (tensor<1x1x3x5xi32>) -> tensor<1x1x2x5xi32>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise([[V0]], [[V1]]) {op = "max"} : (tensor<1x1x2x5xi32>, tensor<1x1x2x5xi32>) -> tensor<1x1x2x5xi32>
// CHECK-NEXT: [[V3:%.*]] = trt.slice([[V2]]) {starts = [0, 0, 0, 0], sizes = [1, 1, 2, 3], strides = [1, 1, 1, 1], mode = "strict_bounds"} : (tensor<1x1x2x5xi32>) -> tensor<1x1x2x3xi32>
// CHECK-NEXT: [[V4:%.*]] = trt.slice([[V2]]) {starts = [0, 0, 0, 2], sizes = [1, 1, 2, 3], strides = [1, 1, 1, 1], mode = "strict_bounds"} : (tensor<1x1x2x5xi32>) -> tensor<1x1x2x3xi32>
// CHECK-NEXT: [[V5:%.*]] = trt.element_wise([[V3]], [[V4]]) {op = "max"} : (tensor<1x1x2x3xi32>, tensor<1x1x2x3xi32>) -> tensor<1x1x2x3xi32>
// CHECK-NEXT: func.return [[V5]] : tensor<1x1x2x3xi32>
func.func @main(%x: tensor<1x1x3x5xi32>) -> tensor<1x1x2x3xi32> {
  %0 = arhat.max_pool(%x) {kernel = [2, 2], strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 2], rounding = "floor"} : (tensor<1x1x3x5xi32>) -> tensor<1x1x2x3xi32>
  func.return %0 : tensor<1x1x2x3xi32>
}

// -----

// A product of a vector with batches of matrices.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.shuffle(%x) {reshape = [1, 4]} : (tensor<4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.shuffle([[V0]]) {reshape = [1, 1, 4]} : (tensor<1x4xf32>) -> tensor<1x1x4xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.matrix_multiply([[V1]], %y) {op_a = "none", op_b = "transpose"} : (tensor<1x1x4xf32>, tensor<2x3x4xf32>) -> tensor<2x1x3xf32>
// CHECK-NEXT: [[V3:%.*]] = trt.shuffle([[V2]]) {reshape = [2, 3]} : (tensor<2x1x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: func.return [[V3]] : tensor<2x3xf32>
func.func @main(%x: tensor<4xf32>, %y: tensor<2x3x4xf32>) -> tensor<2x3xf32> {
  %0 = arhat.matmul(%x, %y) {transpose_a = false, transpose_b = true} : (tensor<4xf32>, tensor<2x3x4xf32>) -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// -----

// The first value of a state stays a constant of the model.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<0.000000e+00> : tensor<2xf32>} : () -> tensor<2xf32>
// CHECK-NEXT: [[V1:%.*]] = kernel.read_value([[V0]]) {variable = "memory"} : (tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise([[V1]], %x) {op = "sum"} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT: kernel.assign([[V2]]) {variable = "memory"} : (tensor<2xf32>) -> ()
// CHECK-NEXT: func.return [[V2]] : tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %i = arhat.constant() {value = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %s = arhat.read_value(%i) {variable = "memory"} : (tensor<2xf32>) -> tensor<2xf32>
  %y = arhat.add(%s, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  arhat.assign(%y) {variable = "memory"} : (tensor<2xf32>) -> ()
  func.return %y : tensor<2xf32>
}

// -----

// TensorRT has no constants without elements.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<0.000000e+00> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<1x1xf32>) -> tensor<1x1xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.slice([[V1]]) {starts = [0, 0], sizes = [0, 3], strides = [0, 0], mode = "strict_bounds"} : (tensor<1x1xf32>) -> tensor<0x3xf32>
// CHECK-NEXT: func.return [[V2]] : tensor<0x3xf32>
func.func @main(%x: tensor<2x3xf32>) -> tensor<0x3xf32> {
  %i = arhat.constant() {value = dense<> : tensor<0x3xf32>} : () -> tensor<0x3xf32>
  func.return %i : tensor<0x3xf32>
}
