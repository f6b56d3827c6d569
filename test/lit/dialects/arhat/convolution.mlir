// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @transposed
// CHECK: arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
func.func @transposed(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32> {
  %y = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>) -> tensor<1x6x16x16xf32>
  func.return %y : tensor<1x6x16x16xf32>
}

// Groups, padding, bias, activation with a slope.
// CHECK-LABEL: func.func @transposed_groups
// CHECK: arhat.transposed_convolution(%x, %w, bias = %b, slope = %s) {{.*}}output_padding = [1], groups = 2, activation = #arhat.activation<prelu>}
func.func @transposed_groups(%x: tensor<1x4x5xf32>, %w: tensor<4x3x3xf32>, %b: tensor<6xf32>, %s: tensor<6xf32>) -> tensor<1x6x10xf32> {
  %y = arhat.transposed_convolution(%x, %w, bias = %b, slope = %s) {strides = [2], pads_begin = [1], pads_end = [1], dilations = [1], output_padding = [1], groups = 2, activation = #arhat.activation<prelu>} : (tensor<1x4x5xf32>, tensor<4x3x3xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<1x6x10xf32>
  func.return %y : tensor<1x6x10xf32>
}

// CHECK-LABEL: func.func @deformable
// CHECK: arhat.deformable_columns(%x, %o, mask = %m) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 2, interpolate_border = true}
// CHECK: arhat.deformable_columns(%x, %o) {
func.func @deformable(%x: tensor<1x4x8x8xf32>, %o: tensor<1x36x8x8xf32>, %m: tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32> {
  %y = arhat.deformable_columns(%x, %o, mask = %m) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 2, interpolate_border = true} : (tensor<1x4x8x8xf32>, tensor<1x36x8x8xf32>, tensor<1x18x8x8xf32>) -> tensor<1x36x8x8xf32>
  %z = arhat.deformable_columns(%x, %o) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 2, interpolate_border = false} : (tensor<1x4x8x8xf32>, tensor<1x36x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return %z : tensor<1x36x8x8xf32>
}

// A residual that is added to what the activation gives.
// CHECK-LABEL: func.func @residual_last
// CHECK: arhat.convolution(%x, %w, residual = %x) {{.*}}activation = #arhat.activation<mish>, residual_after_activation = true}
func.func @residual_last(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x1x1xf32>) -> tensor<1x4x8x8xf32> {
  %y = arhat.convolution(%x, %w, residual = %x) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<mish>, residual_after_activation = true} : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}
