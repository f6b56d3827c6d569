// RUN: arhat-opt %s -p plan-memory,check-memory-plan | filecheck %s

// Three values of a chain share two places; a residual that dies gives its place to the sum; a view has no memory of its
// own; what is returned lies in the caller's memory.
// CHECK-LABEL: func.func @main
// CHECK-SAME: kernel.arena_bytes = 2176
// CHECK: [[A:%.*]] = kernel.reorder(%x) {kernel.buffers = [#kernel.buffer<arena, 0>]}
// CHECK: [[B:%.*]] = cpu.max_pool([[A]]) {{{.*}}kernel.buffers = [#kernel.buffer<arena, 1088>]}
// CHECK: [[C:%.*]] = cpu.conv([[B]], %w, residual = [[A]]) {{{.*}}kernel.buffers = [#kernel.buffer<arena, 0>]}
// CHECK: [[D:%.*]] = kernel.reorder([[C]]) {kernel.buffers = [#kernel.buffer<output 0, 0>]}
// CHECK: kernel.view([[D]]) : (tensor<1x16x4x4xf32>) -> tensor<1x256xf32>
func.func @main(%x: tensor<1x16x4x4xf32>, %w: tensor<16x16x1x1xf32>) -> tensor<1x256xf32> {
  %0 = kernel.reorder(%x) : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32, #kernel.nhwc<16>>
  %1 = cpu.max_pool(%0) {kernel = [1, 1], strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x16x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x16x4x4xf32, #kernel.nhwc<16>>
  %2 = cpu.conv(%1, %w, residual = %0) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1]} : (tensor<1x16x4x4xf32, #kernel.nhwc<16>>, tensor<16x16x1x1xf32>, tensor<1x16x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x16x4x4xf32, #kernel.nhwc<16>>
  %3 = kernel.reorder(%2) : (tensor<1x16x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x16x4x4xf32>
  %4 = kernel.view(%3) : (tensor<1x16x4x4xf32>) -> tensor<1x256xf32>
  func.return %4 : tensor<1x256xf32>
}
