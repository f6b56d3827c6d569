// RUN: arhat-opt %s -p choose-layout | filecheck %s

// The input has the border that the phases read: here one row above and one column at the left.
// CHECK: [[X:%.*]] = kernel.reorder(%x) : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32, #kernel.nhwc<16, halo = [1, 1, 0, 0]>>
// CHECK: [[Y:%.*]] = cpu.transposed_conv([[X]], %w) {{.*}} -> tensor<1x6x8x8xf32, #kernel.nhwc<16>>
// CHECK: cpu.max_pool([[Y]])
func.func @main(%x: tensor<1x8x4x4xf32>, %w: tensor<8x6x3x3xf32>) -> tensor<1x6x4x4xf32> {
  %y = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x8x4x4xf32>, tensor<8x6x3x3xf32>) -> tensor<1x6x8x8xf32>
  %z = cpu.max_pool(%y) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x6x8x8xf32>) -> tensor<1x6x4x4xf32>
  func.return %z : tensor<1x6x4x4xf32>
}
