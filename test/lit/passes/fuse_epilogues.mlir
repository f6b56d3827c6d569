// RUN: arhat-opt %s -p fuse-epilogues | filecheck %s

// Zeros around the image become the convolution's padding; a sum and a clamp behind it its residual and activation.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[Y:%.*]] = cpu.conv(%x, %w, residual = %r) {strides = [1, 1], pads = [1, 1, 2, 2], dilations = [1, 1], groups = 1, kernel = [3, 3], activation = #arhat.activation<clamp, 0.0, 6.0>, arhat.layers = [#arhat.layer<"pad", 1>, #arhat.layer<"conv", 2>, #arhat.layer<"sum", 3>]}
// Padding with ones is not a convolution's; a result with another use stays.
// CHECK-NEXT: [[P:%.*]] = kernel.pad([[Y]])
// CHECK-NEXT: [[Z:%.*]] = cpu.conv([[P]], %w)
// CHECK-NEXT: [[R:%.*]] = kernel.elementwise([[Z]])
// CHECK: func.return [[Z]], [[R]]
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>, %r: tensor<1x4x9x9xf32>) -> (tensor<1x4x9x9xf32>, tensor<1x4x9x9xf32>) {
  %0 = kernel.pad(%x) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 2, 2], mode = "constant", value = 0.0, arhat.layers = [#arhat.layer<"pad", 1>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x11x11xf32>
  %1 = cpu.conv(%0, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [3, 3], arhat.layers = [#arhat.layer<"conv", 2>]} : (tensor<1x4x11x11xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x9x9xf32>
  %2 = kernel.elementwise(%1, %r) attributes {arhat.layers = [#arhat.layer<"sum", 3>]} {
  ^bb0(%a: f32, %b: f32):
    %low = arith.constant 0.0 : f32
    %high = arith.constant 6.0 : f32
    %sum = arith.addf %a, %b : f32
    %s0 = arith.maximumf %sum, %low : f32
    %s1 = arith.minimumf %s0, %high : f32
    kernel.yield %s1 : f32
  } : (tensor<1x4x9x9xf32>, tensor<1x4x9x9xf32>) -> tensor<1x4x9x9xf32>
  %3 = kernel.pad(%2) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 1, 1], mode = "constant", value = 1.0} : (tensor<1x4x9x9xf32>) -> tensor<1x4x11x11xf32>
  %4 = cpu.conv(%3, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x4x11x11xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x9x9xf32>
  %5 = kernel.elementwise(%4) {
  ^bb0(%c: f32):
    %zero = arith.constant 0.0 : f32
    %t = arith.maximumf %c, %zero : f32
    kernel.yield %t : f32
  } : (tensor<1x4x9x9xf32>) -> tensor<1x4x9x9xf32>
  func.return %4, %5 : tensor<1x4x9x9xf32>, tensor<1x4x9x9xf32>
}
