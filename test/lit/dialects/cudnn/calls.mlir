// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @transform
// CHECK: cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x8x8x8xf16, #kernel.nhwc<8>>
func.func @transform(%x: tensor<1x3x8x8xf32>) -> tensor<1x8x8x8xf16, #kernel.nhwc<8>> {
  %y = cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x8x8x8xf16, #kernel.nhwc<8>>
  func.return %y : tensor<1x8x8x8xf16, #kernel.nhwc<8>>
}

// CHECK-LABEL: func.func @softmax
// CHECK: cudnn.softmax(%x) {axis = 1} : (tensor<2x10xbf16>) -> tensor<2x10xbf16>
func.func @softmax(%x: tensor<2x10xbf16>) -> tensor<2x10xbf16> {
  %y = cudnn.softmax(%x) {axis = 1} : (tensor<2x10xbf16>) -> tensor<2x10xbf16>
  func.return %y : tensor<2x10xbf16>
}

// CHECK-LABEL: func.func @lrn
// CHECK: cudnn.lrn(%x) {size = 5, alpha = 0.0001, beta = 0.75, bias = 1.0}
func.func @lrn(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %y = cudnn.lrn(%x) {size = 5, alpha = 0.0001, beta = 0.75, bias = 1.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return %y : tensor<1x8x4x4xf32>
}

// CHECK-LABEL: func.func @cublaslt
// CHECK: cudnn.cublaslt_matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true, activation = "relu", math = "strict"}
// CHECK-SAME: (tensor<3x1x4x8xf32>, tensor<2x6x8xf32>, tensor<6xf32>) -> tensor<3x2x4x6xf32>
func.func @cublaslt(%a: tensor<3x1x4x8xf32>, %b: tensor<2x6x8xf32>, %c: tensor<6xf32>) -> tensor<3x2x4x6xf32> {
  %y = cudnn.cublaslt_matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true, activation = "relu", math = "strict"} : (tensor<3x1x4x8xf32>, tensor<2x6x8xf32>, tensor<6xf32>) -> tensor<3x2x4x6xf32>
  func.return %y : tensor<3x2x4x6xf32>
}
