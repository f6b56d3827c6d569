// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @convolution
// CHECK: cudnn.conv_fprop(%x, %w) {strides = [2, 2], pads = [3, 3, 3, 3], dilations = [1, 1], groups = 1}
// CHECK-SAME: (tensor<1x8x32x32xf16, #kernel.nhwc<8>>, tensor<16x8x7x7xf16, #kernel.nhwc<8>>) -> tensor<1x16x16x16xf32, #kernel.nhwc<16>>
func.func @convolution(%x: tensor<1x8x32x32xf16, #kernel.nhwc<8>>, %w: tensor<16x8x7x7xf16, #kernel.nhwc<8>>) -> tensor<1x16x16x16xf32, #kernel.nhwc<16>> {
  %y = cudnn.conv_fprop(%x, %w) {strides = [2, 2], pads = [3, 3, 3, 3], dilations = [1, 1], groups = 1} : (tensor<1x8x32x32xf16, #kernel.nhwc<8>>, tensor<16x8x7x7xf16, #kernel.nhwc<8>>) -> tensor<1x16x16x16xf32, #kernel.nhwc<16>>
  func.return %y : tensor<1x16x16x16xf32, #kernel.nhwc<16>>
}

// Bytes: the sum is exact.
// CHECK-LABEL: func.func @bytes
// CHECK: cudnn.conv_fprop(%x, %w) {{.*}} : (tensor<1x4x8x8xi8>, tensor<6x4x1x1xi8>) -> tensor<1x6x8x8xi32>
func.func @bytes(%x: tensor<1x4x8x8xi8>, %w: tensor<6x4x1x1xi8>) -> tensor<1x6x8x8xi32> {
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xi8>, tensor<6x4x1x1xi8>) -> tensor<1x6x8x8xi32>
  func.return %y : tensor<1x6x8x8xi32>
}

// CHECK-LABEL: func.func @volume
// CHECK: cudnn.conv_fprop(%x, %w) {strides = [1, 1, 1], pads = [1, 1, 1, 1, 1, 1], dilations = [1, 1, 1], groups = 1}
func.func @volume(%x: tensor<1x4x8x8x8xf32>, %w: tensor<6x4x3x3x3xf32>) -> tensor<1x6x8x8x8xf32> {
  %y = cudnn.conv_fprop(%x, %w) {strides = [1, 1, 1], pads = [1, 1, 1, 1, 1, 1], dilations = [1, 1, 1], groups = 1} : (tensor<1x4x8x8x8xf32>, tensor<6x4x3x3x3xf32>) -> tensor<1x6x8x8x8xf32>
  func.return %y : tensor<1x6x8x8x8xf32>
}

// An even result: the convolution that it is the gradient of skips its last row and column.
// CHECK-LABEL: func.func @transposed
// CHECK: cudnn.conv_dgrad(%x, %w) {strides = [2, 2], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 2}
func.func @transposed(%x: tensor<1x8x4x4xf32>, %w: tensor<8x3x3x3xf32>) -> tensor<1x6x8x8xf32> {
  %y = cudnn.conv_dgrad(%x, %w) {strides = [2, 2], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 2} : (tensor<1x8x4x4xf32>, tensor<8x3x3x3xf32>) -> tensor<1x6x8x8xf32>
  func.return %y : tensor<1x6x8x8xf32>
}

// CHECK-LABEL: func.func @pointwise
// CHECK: cudnn.pointwise(%x, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf32>
// CHECK: cudnn.pointwise({{.*}}) {mode = "relu_fwd", lower_clip = 0.0, upper_clip = 6.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16>
// CHECK: cudnn.pointwise({{.*}}) {mode = "relu_fwd", lower_clip_slope = 0.1}
// CHECK: cudnn.pointwise({{.*}}) {mode = "elu_fwd", elu_alpha = 0.5}
// CHECK: cudnn.pointwise({{.*}}) {mode = "identity"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xi8>
func.func @pointwise(%x: tensor<1x8x4x4xf32>, %b: tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xi8> {
  %0 = cudnn.pointwise(%x, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf32>
  %1 = cudnn.pointwise(%0) {mode = "relu_fwd", lower_clip = 0.0, upper_clip = 6.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16>
  %2 = cudnn.pointwise(%1) {mode = "relu_fwd", lower_clip_slope = 0.1} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  %3 = cudnn.pointwise(%2) {mode = "elu_fwd", elu_alpha = 0.5} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  %4 = cudnn.pointwise(%3) {mode = "identity"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xi8>
  func.return %4 : tensor<1x8x4x4xi8>
}

// CHECK-LABEL: func.func @matmul
// CHECK: cudnn.matmul(%a, %b) : (tensor<2x4x8xbf16>, tensor<2x8x6xbf16>) -> tensor<2x4x6xf32>
func.func @matmul(%a: tensor<2x4x8xbf16>, %b: tensor<2x8x6xbf16>) -> tensor<2x4x6xf32> {
  %y = cudnn.matmul(%a, %b) : (tensor<2x4x8xbf16>, tensor<2x8x6xbf16>) -> tensor<2x4x6xf32>
  func.return %y : tensor<2x4x6xf32>
}

// CHECK-LABEL: func.func @windows
// CHECK: cudnn.resample(%x) {mode = "max", window = [3, 3], strides = [2, 2], pads = [0, 0, 1, 1]}
// CHECK: cudnn.reduction({{.*}}) {mode = "avg"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x1x1xf16>
func.func @windows(%x: tensor<1x8x8x8xf16>) -> tensor<1x8x1x1xf16> {
  %0 = cudnn.resample(%x) {mode = "max", window = [3, 3], strides = [2, 2], pads = [0, 0, 1, 1]} : (tensor<1x8x8x8xf16>) -> tensor<1x8x4x4xf16>
  %1 = cudnn.reduction(%0) {mode = "avg"} : (tensor<1x8x4x4xf16>) -> tensor<1x8x1x1xf16>
  func.return %1 : tensor<1x8x1x1xf16>
}
