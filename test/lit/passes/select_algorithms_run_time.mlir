// RUN: arhat-opt %s --split-input-file -p select-algorithms | filecheck %s

// A filter that the model computes is packed by moving it.
// CHECK-LABEL: func.func @main
// CHECK: [[F:%.*]] = kernel.view(%w) : (tensor<6x4x3x3xf32>) -> tensor<1x6x4x3x3xf32>
// CHECK: [[P:%.*]] = kernel.pad([[F]]) {pads_begin = [0, 0, 0, 0, 0], pads_end = [0, 26, 0, 0, 0]
// CHECK: [[S:%.*]] = kernel.view([[P]]) : (tensor<1x32x4x3x3xf32>) -> tensor<1x1x32x4x3x3xf32>
// CHECK: [[T:%.*]] = kernel.transpose([[S]]) {perm = [0, 1, 4, 5, 3, 2]}
// CHECK: [[V:%.*]] = kernel.view([[T]]) : (tensor<1x1x3x3x4x32xf32>) -> tensor<1x3x3x4x32xf32>
// CHECK: cpu.conv(%x, [[V]]) {{.*}}algorithm = "direct"}
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32> {
  %y = cpu.conv(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return %y : tensor<1x6x6x6xf32>
}

// -----

// A transposed convolution has a filter for each phase.
// CHECK-LABEL: func.func @main
// CHECK: [[W:%.*]] = arhat.constant() {{.*}} : () -> tensor<512xf32>
// CHECK: cpu.transposed_conv(%x, [[W]]) {{.*}}algorithm = "direct"}
func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x6x16x16xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<4x6x2x2xf32>
  %y = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2]} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return %y : tensor<1x6x16x16xf32>
}
