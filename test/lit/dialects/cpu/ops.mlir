// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @conv
// CHECK: cpu.conv(%x, %w, bias = %b, residual = %r) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3], activation = #arhat.activation<clamp, 0.0, 6.0>}
// CHECK-SAME: tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 1]>>
// CHECK-SAME: -> tensor<1x4x8x8xf32, #kernel.nhwc<16>>
func.func @conv(%x: tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 1]>>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>, %r: tensor<1x4x8x8xf32, #kernel.nhwc<16>>) -> tensor<1x4x8x8xf32, #kernel.nhwc<16>> {
  %y = cpu.conv(%x, %w, bias = %b, residual = %r) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3], activation = #arhat.activation<clamp, 0.0, 6.0>} : (tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 1]>>, tensor<4x3x3x3xf32>, tensor<4xf32>, tensor<1x4x8x8xf32, #kernel.nhwc<16>>) -> tensor<1x4x8x8xf32, #kernel.nhwc<16>>
  func.return %y : tensor<1x4x8x8xf32, #kernel.nhwc<16>>
}

// CHECK-LABEL: func.func @matmul
// CHECK: cpu.matmul(%a, %b) {transpose_a = false, transpose_b = true}
func.func @matmul(%a: tensor<2x8xf32>, %b: tensor<4x8xf32>) -> tensor<2x4xf32> {
  %y = cpu.matmul(%a, %b) {transpose_a = false, transpose_b = true} : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @pool
// CHECK: cpu.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1]}
// CHECK: cpu.avg_pool(%x) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], exclude_pad = true}
func.func @pool(%x: tensor<1x8x4x4xf32, #kernel.nhwc<16>>) -> (tensor<1x8x2x2xf32, #kernel.nhwc<16>>, tensor<1x8x2x2xf32, #kernel.nhwc<16>>) {
  %y = cpu.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x8x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x8x2x2xf32, #kernel.nhwc<16>>
  %z = cpu.avg_pool(%x) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], exclude_pad = true} : (tensor<1x8x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x8x2x2xf32, #kernel.nhwc<16>>
  func.return %y, %z : tensor<1x8x2x2xf32, #kernel.nhwc<16>>, tensor<1x8x2x2xf32, #kernel.nhwc<16>>
}

// CHECK-LABEL: func.func @memory
// CHECK: kernel.reorder(%x) {kernel.buffers = [#kernel.buffer<arena, 64>]}
// CHECK: kernel.view({{.*}}) : (tensor<1x4x2x2xf32, #kernel.nhwc<4>>) -> tensor<1x2x2x4xf32>
// CHECK: kernel.concat_in_place({{.*}}) {axis = 0, kernel.buffers = [#kernel.buffer<output 1, 0>]}
func.func @memory(%x: tensor<1x4x2x2xf32>) -> tensor<2x2x2x4xf32> {
  %0 = kernel.reorder(%x) {kernel.buffers = [#kernel.buffer<arena, 64>]} : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32, #kernel.nhwc<4>>
  %1 = kernel.view(%0) : (tensor<1x4x2x2xf32, #kernel.nhwc<4>>) -> tensor<1x2x2x4xf32>
  %2 = kernel.concat_in_place(%1, %1) {axis = 0, kernel.buffers = [#kernel.buffer<output 1, 0>]} : (tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>) -> tensor<2x2x2x4xf32>
  func.return %2 : tensor<2x2x2x4xf32>
}
