// RUN: not arhat-opt %s -p form-graphs 2>&1 | filecheck %s

// CHECK: error: layer 'one': cuDNN has no graph for cudnn.matmul of f32 with math = strict
// CHECK: error: layer 'two\n': cuDNN has no graph for cudnn.conv_dgrad of i8 with math = any
func.func @main(%a: tensor<1x2x3xf32>, %b: tensor<1x3x4xf32>, %x: tensor<1x8x4x4xi8>, %w: tensor<8x8x1x1xi8>) -> (tensor<1x2x4xf32>, tensor<1x8x4x4xi32>) {
  %0 = cudnn.matmul(%a, %b) {arhat.layers = [#arhat.layer<"one", 0>]} : (tensor<1x2x3xf32>, tensor<1x3x4xf32>) -> tensor<1x2x4xf32>
  %1 = cudnn.conv_dgrad(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"two\n", 0>]} : (tensor<1x8x4x4xi8>, tensor<8x8x1x1xi8>) -> tensor<1x8x4x4xi32>
  func.return %0, %1 : tensor<1x2x4xf32>, tensor<1x8x4x4xi32>
}
