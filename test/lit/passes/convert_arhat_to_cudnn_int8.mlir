// RUN: arhat-opt %s -p convert-arhat-to-cudnn | filecheck %s

// Bytes q become q - 128. The padding is the byte of zero, 0 here: -128 around the image, and none in the convolution.
// The sums lack 128 times the sum of the filter: 128 * (1 - 128) * 0.5 + 1 = -8127 and 128 * (3 + 127) * 0.25 + 2.
// CHECK-LABEL: func.func @main(
// CHECK: [[Q:%.*]] = kernel.elementwise(%x) {
// CHECK-NEXT: ^bb0([[X:%.*]]: f32):
// CHECK: math.fma [[X]],
// CHECK: math.roundeven
// CHECK: [[L:%.*]] = arith.subf
// CHECK: arith.fptosi [[L]] : f32 to i8
// CHECK: } : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xi8>
// CHECK: [[P:%.*]] = kernel.pad([[Q]]) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 1, 1], mode = "constant", value = -128.0
// CHECK: [[C:%.*]] = cudnn.conv_fprop([[P]], %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1{{.*}} -> tensor<1x2x6x6xi32>
// CHECK: [[S:%.*]] = cudnn.pointwise([[C]], b = {{.*}}) {mode = "mul"{{.*}} : (tensor<1x2x6x6xi32>, tensor<1x2x1x1xf32>) -> tensor<1x2x6x6xf32>
// CHECK: [[W:%.*]] = arhat.constant() {value = dense<{{\[\[\[\[}}-8.127000e+03]], {{\[\[}}4.162000e+03]]]]>
// CHECK: [[B:%.*]] = cudnn.pointwise([[S]], b = [[W]]) {mode = "add"
// CHECK: [[R:%.*]] = cudnn.pointwise([[B]]) {mode = "relu_fwd"
// CHECK: [[M:%.*]] = cudnn.pointwise([[R]], b = {{.*}}) {mode = "mul"
// CHECK: [[Y:%.*]] = cudnn.pointwise([[M]], b = {{.*}}) {mode = "add"{{.*}} -> tensor<1x2x6x6xi8>
// CHECK: cudnn.resample([[Y]]) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]} : (tensor<1x2x6x6xi8>) -> tensor<1x2x3x3xi8>
// CHECK: arith.sitofp
// CHECK: arith.addf
// CHECK: math.fma
// CHECK: } : (tensor<1x2x3x3xi8>) -> tensor<1x2x3x3xf32>
func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32> {
  %m = arhat.constant() {value = dense<100.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %z = arhat.constant() {value = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = arhat.constant() {value = dense<[[[[1]], [[-128]]], [[[3]], [[127]]]]> : tensor<2x2x1x1xi8>} : () -> tensor<2x2x1x1xi8>
  %s = arhat.constant() {value = dense<[0.5, 0.25]> : tensor<2xf32>} : () -> tensor<2xf32>
  %b = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %q = arhat.quantize(%x, %m, %z) : (tensor<1x2x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x4x4xui8>
  %0 = arhat.quantized_convolution(%q, %w, %s, %b, multiplier = %m, shift = %z) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, padding = 0, activation = #arhat.activation<relu>, arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x2x4x4xui8>, tensor<2x2x1x1xi8>, tensor<2xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x6x6xui8>
  %1 = arhat.max_pool(%0) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x2x6x6xui8>) -> tensor<1x2x3x3xui8>
  %2 = arhat.dequantize(%1, %m, %z) : (tensor<1x2x3x3xui8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x3x3xf32>
  func.return %2 : tensor<1x2x3x3xf32>
}
