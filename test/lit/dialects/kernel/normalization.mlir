// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @mvn(
// CHECK-NEXT: %0 = kernel.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 1.0e-05, eps_mode = "inside_sqrt"} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
func.func @mvn(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) {
  %0 = kernel.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 1.0e-05, eps_mode = "inside_sqrt"} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  func.return
}

// CHECK-LABEL: func.func @lrn(
// CHECK-NEXT: %0 = kernel.lrn(%x) {axes = [1], alpha = 0.25, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
func.func @lrn(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) {
  %0 = kernel.lrn(%x) {axes = [1], alpha = 0.25, beta = 0.75, bias = 1.0, size = 5} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  func.return
}

// CHECK-LABEL: func.func @cum_sum(
// CHECK-NEXT: %0 = kernel.cum_sum(%x) {axis = 1, exclusive = true, reverse = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @cum_sum(%x: tensor<2x3xf32>) {
  %0 = kernel.cum_sum(%x) {axis = 1, exclusive = true, reverse = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @reduce_booleans(
// CHECK-NEXT: %0 = kernel.reduce(%x) {kind = "logical_and", axes = [1], keep_dims = false} : (tensor<2x3xi1>) -> tensor<2xi1>
func.func @reduce_booleans(%x: tensor<2x3xi1>) {
  %0 = kernel.reduce(%x) {kind = "logical_and", axes = [1], keep_dims = false} : (tensor<2x3xi1>) -> tensor<2xi1>
  func.return
}

// CHECK-LABEL: func.func @matmul(
// CHECK-NEXT: %0 = kernel.matmul(%x, %y) {transpose_a = false, transpose_b = true} : (tensor<2x3xi32>, tensor<4x3xi32>) -> tensor<2x4xi32>
func.func @matmul(%x: tensor<2x3xi32>, %y: tensor<4x3xi32>) {
  %0 = kernel.matmul(%x, %y) {transpose_a = false, transpose_b = true} : (tensor<2x3xi32>, tensor<4x3xi32>) -> tensor<2x4xi32>
  func.return
}
