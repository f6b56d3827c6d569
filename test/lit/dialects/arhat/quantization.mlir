// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @fake_quantize(
// CHECK-NEXT: %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x8x7x7xf32>, tensor<f32>, tensor<1x8x1x1xf32>, tensor<f32>, tensor<1x8x1x1xf32>) -> tensor<1x8x7x7xf32>
func.func @fake_quantize(%x: tensor<1x8x7x7xf32>, %l: tensor<f32>, %h: tensor<1x8x1x1xf32>) {
  %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x8x7x7xf32>, tensor<f32>, tensor<1x8x1x1xf32>, tensor<f32>, tensor<1x8x1x1xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// CHECK-LABEL: func.func @broadcast_of_the_input(
// CHECK-NEXT: -> tensor<3x5xf32>
func.func @broadcast_of_the_input(%x: tensor<5xf32>, %l: tensor<f32>, %h: tensor<3x1xf32>) {
  %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 2} : (tensor<5xf32>, tensor<f32>, tensor<3x1xf32>, tensor<f32>, tensor<3x1xf32>) -> tensor<3x5xf32>
  func.return
}

// CHECK-LABEL: func.func @bytes(
// CHECK-NEXT: %0 = arhat.quantize(%x, %m, %s) : (tensor<1x8x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8>
// CHECK-NEXT: %1 = arhat.dequantize(%0, %m, %s) : (tensor<1x8x4x4xui8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xf32>
// CHECK-NEXT: %2 = arhat.quantized_add(%0, %0) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0} : (tensor<1x8x4x4xui8>, tensor<1x8x4x4xui8>) -> tensor<1x8x4x4xf32>
// CHECK-NEXT: %3 = arhat.quantized_add(%0, %0, multiplier = %m, shift = %s) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0, activation = #arhat.activation<relu>} : {{.*}} -> tensor<1x8x4x4xui8>
func.func @bytes(%x: tensor<1x8x4x4xf32>, %m: tensor<1xf32>, %s: tensor<1xf32>) {
  %0 = arhat.quantize(%x, %m, %s) : (tensor<1x8x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8>
  %1 = arhat.dequantize(%0, %m, %s) : (tensor<1x8x4x4xui8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xf32>
  %2 = arhat.quantized_add(%0, %0) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0} : (tensor<1x8x4x4xui8>, tensor<1x8x4x4xui8>) -> tensor<1x8x4x4xf32>
  %3 = arhat.quantized_add(%0, %0, multiplier = %m, shift = %s) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0, activation = #arhat.activation<relu>} : (tensor<1x8x4x4xui8>, tensor<1x8x4x4xui8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8>
  func.return
}

// CHECK-LABEL: func.func @convolution(
// CHECK-NEXT: %0 = arhat.quantized_convolution(%x, %w, %c, %c, multiplier = %m, shift = %m) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, padding = 128, activation = #arhat.activation<relu>} : {{.*}} -> tensor<1x16x4x4xui8>
// CHECK-NEXT: %1 = arhat.quantized_convolution(%x, %d, %e, %e) {strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], groups = 8, padding = 0} : {{.*}} -> tensor<1x8x2x2xf32>
func.func @convolution(%x: tensor<1x8x4x4xui8>, %w: tensor<16x8x3x3xi8>, %c: tensor<16xf32>, %m: tensor<1xf32>, %d: tensor<8x1x3x3xi8>, %e: tensor<8xf32>) {
  %0 = arhat.quantized_convolution(%x, %w, %c, %c, multiplier = %m, shift = %m) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, padding = 128, activation = #arhat.activation<relu>} : (tensor<1x8x4x4xui8>, tensor<16x8x3x3xi8>, tensor<16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x16x4x4xui8>
  %1 = arhat.quantized_convolution(%x, %d, %e, %e) {strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1], dilations = [1, 1], groups = 8, padding = 0} : (tensor<1x8x4x4xui8>, tensor<8x1x3x3xi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x2x2xf32>
  func.return
}
