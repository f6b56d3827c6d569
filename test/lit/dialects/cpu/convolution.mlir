// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @transposed
// CHECK: cpu.transposed_conv(%x, %w, bias = %b) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2], activation = #arhat.activation<relu>} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>, tensor<6xf32>) -> tensor<1x6x16x16xf32>
func.func @transposed(%x: tensor<1x4x8x8xf32>, %w: tensor<4x6x2x2xf32>, %b: tensor<6xf32>) -> tensor<1x6x16x16xf32> {
  %y = cpu.transposed_conv(%x, %w, bias = %b) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2], activation = #arhat.activation<relu>} : (tensor<1x4x8x8xf32>, tensor<4x6x2x2xf32>, tensor<6xf32>) -> tensor<1x6x16x16xf32>
  func.return %y : tensor<1x6x16x16xf32>
}

// The filters of all phases in one row.
// CHECK-LABEL: func.func @packed
// CHECK: cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2], algorithm = "direct"}
func.func @packed(%x: tensor<1x4x8x8xf32>, %w: tensor<512xf32>) -> tensor<1x6x16x16xf32> {
  %y = cpu.transposed_conv(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [2, 2], algorithm = "direct"} : (tensor<1x4x8x8xf32>, tensor<512xf32>) -> tensor<1x6x16x16xf32>
  func.return %y : tensor<1x6x16x16xf32>
}

// CHECK-LABEL: func.func @residual_last
// CHECK: cpu.conv(%x, %w, residual = %x) {{.*}}kernel = [1, 1], activation = #arhat.activation<mish>, residual_after_activation = true}
func.func @residual_last(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x1x1xf32>) -> tensor<1x4x8x8xf32> {
  %y = cpu.conv(%x, %w, residual = %x) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1], activation = #arhat.activation<mish>, residual_after_activation = true} : (tensor<1x4x8x8xf32>, tensor<4x4x1x1xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return %y : tensor<1x4x8x8xf32>
}
