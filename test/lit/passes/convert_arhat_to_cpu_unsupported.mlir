// RUN: not arhat-opt %s -p convert-arhat-to-cpu 2>&1 | filecheck %s

// All that the target cannot run is listed at once, with layer and line.
// CHECK: error: the cpu target cannot run arhat.convolution (layer 'volume'): only one or two spatial dimensions are supported, not 3
// CHECK: error: the cpu target cannot run arhat.shape_of (layer 'shape'): shapes are known when compiling: run fold-constants first
func.func @main(%x: tensor<1x1x4x4x4xf32>, %w: tensor<1x1x1x1x1xf32>) -> (tensor<1x1x4x4x4xf32>, tensor<5xi64>) {
  %0 = arhat.convolution(%x, %w) {strides = [1, 1, 1], pads_begin = [0, 0, 0], pads_end = [0, 0, 0], dilations = [1, 1, 1], groups = 1, arhat.layers = [#arhat.layer<"volume", 7>]} : (tensor<1x1x4x4x4xf32>, tensor<1x1x1x1x1xf32>) -> tensor<1x1x4x4x4xf32>
  %1 = arhat.shape_of(%0) {to = i64, arhat.layers = [#arhat.layer<"shape", 8>]} : (tensor<1x1x4x4x4xf32>) -> tensor<5xi64>
  func.return %0, %1 : tensor<1x1x4x4x4xf32>, tensor<5xi64>
}
