// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-cpu | filecheck %s

// CHECK-LABEL: func.func @main
// CHECK: cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2]}
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32> {
  %y = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return %y : tensor<1x6x16x16xf32>
}

// -----

// A convolution over volumes is one over the images of their planes, with those that it adds up as channels.
// CHECK-LABEL: func.func @main
// CHECK: [[P:%.*]] = kernel.pad(%x) {pads_begin = [0, 0, 1, 0, 0], pads_end = [0, 0, 1, 0, 0]
// CHECK: kernel.slice([[P]]) {starts = [0, 0, 0, 0, 0], sizes = [1, 4, 5, 8, 8]
// CHECK: kernel.slice([[P]]) {starts = [0, 0, 1, 0, 0], sizes = [1, 4, 5, 8, 8]
// CHECK: kernel.slice([[P]]) {starts = [0, 0, 2, 0, 0], sizes = [1, 4, 5, 8, 8]
// CHECK: kernel.concat
// CHECK: kernel.transpose
// CHECK: [[X:%.*]] = kernel.view({{.*}}) : (tensor<1x5x4x3x64xf32>) -> tensor<5x12x8x8xf32>
// CHECK: [[W:%.*]] = kernel.view(%w) : (tensor<6x4x3x3x3xf32>) -> tensor<6x12x3x3xf32>
// CHECK: cpu.conv([[X]], [[W]]) {strides = [1, 1], pads = [1, 1, 1, 1]
// CHECK: kernel.transpose
// CHECK: kernel.view({{.*}}) : (tensor<1x6x5x64xf32>) -> tensor<1x6x5x8x8xf32>
func.func @main(%x: tensor<1x4x5x8x8xf32>, %w: tensor<6x4x3x3x3xf32>) -> tensor<1x6x5x8x8xf32> {
  %y = arhat.convolution(%x, %w) {strides = [1, 1, 1], pads_begin = [1, 1, 1], pads_end = [1, 1, 1], dilations = [1, 1, 1], groups = 1} : (tensor<1x4x5x8x8xf32>, tensor<6x4x3x3x3xf32>) -> tensor<1x6x5x8x8xf32>
  func.return %y : tensor<1x6x5x8x8xf32>
}

// -----

// Pooling of volumes: rows and columns first, then planes.
// CHECK-LABEL: func.func @main
// CHECK: cpu.max_pool({{.*}}) {kernel = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x24x8x8xf32>) -> tensor<1x24x4x4xf32>
// CHECK: cpu.max_pool({{.*}}) {kernel = [2, 1], strides = [2, 1], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x4x6x16xf32>) -> tensor<1x4x3x16xf32>
func.func @main(%x: tensor<1x4x6x8x8xf32>) -> tensor<1x4x3x4x4xf32> {
  %y = arhat.max_pool(%x) {kernel = [2, 2, 2], strides = [2, 2, 2], pads_begin = [0, 0, 0], pads_end = [0, 0, 0], dilations = [1, 1, 1], rounding = "floor"} : (tensor<1x4x6x8x8xf32>) -> tensor<1x4x3x4x4xf32>
  func.return %y : tensor<1x4x3x4x4xf32>
}

// -----

// Elements that are not f32 have a kernel of their own.
// CHECK-LABEL: func.func @main
// CHECK: kernel.max_pool(%x)
// CHECK: kernel.max_pool_with_indices(%x) {{.*}}axis = 1, index_type = "i32"}
func.func @main(%x: tensor<1x8x6x6xi32>) -> (tensor<1x8x3x3xi32>, tensor<1x8x3x3xi32>) {
  %y = arhat.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x6x6xi32>) -> tensor<1x8x3x3xi32>
  %z, %i = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 1, index_type = "i32"} : (tensor<1x8x6x6xi32>) -> (tensor<1x8x3x3xi32>, tensor<1x8x3x3xi32>)
  func.return %y, %i : tensor<1x8x3x3xi32>, tensor<1x8x3x3xi32>
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: kernel.adaptive_avg_pool(%x) {sizes = [3, 3]}
// CHECK: kernel.adaptive_max_pool(%x) {sizes = [3, 3], index_type = "i64"}
// CHECK: kernel.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = true}
func.func @main(%x: tensor<1x4x8x8xf32>, %o: tensor<1x18x8x8xf32>) -> (tensor<1x4x3x3xf32>, tensor<1x4x3x3xi64>, tensor<1x36x8x8xf32>) {
  %a = arhat.adaptive_avg_pool(%x) {sizes = [3, 3]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x3x3xf32>
  %b, %i = arhat.adaptive_max_pool(%x) {sizes = [3, 3], index_type = "i64"} : (tensor<1x4x8x8xf32>) -> (tensor<1x4x3x3xf32>, tensor<1x4x3x3xi64>)
  %c = arhat.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = true} : (tensor<1x4x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return %a, %i, %c : tensor<1x4x3x3xf32>, tensor<1x4x3x3xi64>, tensor<1x36x8x8xf32>
}
