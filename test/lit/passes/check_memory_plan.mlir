// RUN: not arhat-opt %s -p check-memory-plan 2>&1 | filecheck %s

// %0 is read by the convolution after the pooling has written over it.
// CHECK: error: memory plan: cpu.max_pool (layer 'pool') writes its result over that of kernel.reorder (layer 'in'), which is still needed
func.func @main(%x: tensor<1x16x4x4xf32>, %w: tensor<16x16x1x1xf32>) -> tensor<1x16x4x4xf32> attributes {kernel.arena_bytes = 2176 : i64} {
  %0 = kernel.reorder(%x) {kernel.buffers = [#kernel.buffer<arena, 0>], arhat.layers = [#arhat.layer<"in", 1>]} : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #kernel.nhwc<16>>
  %1 = cpu.max_pool(%0) {kernel = [1, 1], strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], kernel.buffers = [#kernel.buffer<arena, 512>], arhat.layers = [#arhat.layer<"pool", 2>]} : (tensor<1x16x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x16x4x4xf32, #kernel.nhwc<16>>
  %2 = cpu.conv(%1, %w, residual = %0) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1], kernel.buffers = [#kernel.buffer<arena, 0>]} : (tensor<1x16x4x4xf32, #kernel.nhwc<16>>, tensor<16x16x1x1xf32>, tensor<1x16x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x16x4x4xf32, #kernel.nhwc<16>>
  %3 = kernel.reorder(%2) {kernel.buffers = [#kernel.buffer<output 0, 0>]} : (tensor<1x16x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x16x4x4xf32>
  func.return %3 : tensor<1x16x4x4xf32>
}
