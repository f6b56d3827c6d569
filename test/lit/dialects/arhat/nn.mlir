// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @convolution(
// CHECK-NEXT: %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv1", 12>, #arhat.layer<"we\22ird\\\0A", 0>]} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
func.func @convolution(%x: tensor<1x4x8x8xf32>, %y: tensor<6x4x3x3xf32>) {
  %0 = arhat.convolution(%x, %y) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv1", 12>, #arhat.layer<"we\22ird\\\0A", 0>]} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// CHECK-LABEL: func.func @convolution_fused(
// CHECK-NEXT: %0 = arhat.convolution(%x, %y, bias = %z, residual = %u, slope = %v) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 2, activation = #arhat.activation<prelu>} : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>, tensor<1x6x4x4xf32>, tensor<6xf32>) -> tensor<1x6x4x4xf32>
func.func @convolution_fused(%x: tensor<1x4x8x8xf32>, %y: tensor<6x2x3x3xf32>, %z: tensor<6xf32>, %u: tensor<1x6x4x4xf32>, %v: tensor<6xf32>) {
  %0 = arhat.convolution(%x, %y, bias = %z, residual = %u, slope = %v) {strides = [2, 2], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 2, activation = #arhat.activation<prelu>} : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>, tensor<1x6x4x4xf32>, tensor<6xf32>) -> tensor<1x6x4x4xf32>
  func.return
}

// CHECK-LABEL: func.func @convolution_residual(
// CHECK-NEXT: %0 = arhat.convolution(%x, %y, residual = %z) {strides = [2], pads_begin = [1], pads_end = [1], dilations = [1], groups = 1, activation = #arhat.activation<clamp, 0.0, 6.0>} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>, tensor<1x6x4xf32>) -> tensor<1x6x4xf32>
func.func @convolution_residual(%x: tensor<1x4x8xf32>, %y: tensor<6x4x3xf32>, %z: tensor<1x6x4xf32>) {
  %0 = arhat.convolution(%x, %y, residual = %z) {strides = [2], pads_begin = [1], pads_end = [1], dilations = [1], groups = 1, activation = #arhat.activation<clamp, 0.0, 6.0>} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>, tensor<1x6x4xf32>) -> tensor<1x6x4xf32>
  func.return
}

// CHECK-LABEL: func.func @matmul(
// CHECK-NEXT: %0 = arhat.matmul(%x, %y, bias = %z) {transpose_a = false, transpose_b = true, activation = #arhat.activation<swish, 1.5>} : (tensor<2x3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
func.func @matmul(%x: tensor<2x3x4xf32>, %y: tensor<5x4xf32>, %z: tensor<5xf32>) {
  %0 = arhat.matmul(%x, %y, bias = %z) {transpose_a = false, transpose_b = true, activation = #arhat.activation<swish, 1.5>} : (tensor<2x3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
  func.return
}

// CHECK-LABEL: func.func @matmul_vectors(
// CHECK-NEXT: %0 = arhat.matmul(%x, %y) {transpose_a = false, transpose_b = true} : (tensor<4xf32>, tensor<4xf32>) -> tensor<f32>
func.func @matmul_vectors(%x: tensor<4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.matmul(%x, %y) {transpose_a = false, transpose_b = true} : (tensor<4xf32>, tensor<4xf32>) -> tensor<f32>
  func.return
}

// CHECK-LABEL: func.func @max_pool(
// CHECK-NEXT: %0 = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
func.func @max_pool(%x: tensor<1x8x16x16xf32>) {
  %0 = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// CHECK-LABEL: func.func @avg_pool(
// CHECK-NEXT: %0 = arhat.avg_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], rounding = "ceil", exclude_pad = true} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
func.func @avg_pool(%x: tensor<1x8x16x16xf32>) {
  %0 = arhat.avg_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], rounding = "ceil", exclude_pad = true} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
  func.return
}

// CHECK-LABEL: func.func @softmax(
// CHECK-NEXT: %0 = arhat.softmax(%x) {axis = 1} : (tensor<1x10xf32>) -> tensor<1x10xf32>
func.func @softmax(%x: tensor<1x10xf32>) {
  %0 = arhat.softmax(%x) {axis = 1} : (tensor<1x10xf32>) -> tensor<1x10xf32>
  func.return
}

// CHECK-LABEL: func.func @normalize_l2(
// CHECK-NEXT: %0 = arhat.normalize_l2(%x) {axes = [1], eps = 1.0e-10, eps_mode = "add"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
func.func @normalize_l2(%x: tensor<1x8x4x4xf32>) {
  %0 = arhat.normalize_l2(%x) {axes = [1], eps = 1.0e-10, eps_mode = "add"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return
}
