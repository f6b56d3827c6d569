// RUN: arhat-opt %s -p convert-arhat-to-cudnn 2>/dev/null | filecheck %s

// What the model gets as bytes is made signed first. The byte of zero is 128, which the convolution's own padding is.
// A convolution of every channel apart is one like the others.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %x: tensor<1x4x4x4xui8>
// CHECK: [[X:%.*]] = kernel.elementwise(%x)
// CHECK: arith.uitofp {{.*}} : i8 to f32
// CHECK: } : (tensor<1x4x4x4xui8>) -> tensor<1x4x4x4xi8>
// CHECK-NOT: kernel.pad
// CHECK: [[A:%.*]] = cudnn.conv_fprop([[X]], {{.*}}pads = [1, 1, 1, 1]{{.*}}groups = 4{{.*}} -> tensor<1x4x4x4xi32>
// CHECK: [[B:%.*]] = cudnn.pointwise({{.*}} -> tensor<1x4x4x4xi8>
// Sums of bytes are computed as they are written: each product rounded with its sum.
// CHECK: [[C:%.*]] = kernel.concat([[B]], [[B]]) {axis = 1} : (tensor<1x4x4x4xi8>, tensor<1x4x4x4xi8>) -> tensor<1x8x4x4xi8>
// CHECK: [[S:%.*]] = kernel.elementwise([[C]], [[C]]) {
// CHECK: math.fma
// CHECK: math.fma
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK: } : (tensor<1x8x4x4xi8>, tensor<1x8x4x4xi8>) -> tensor<1x8x4x4xf32>
// CHECK: func.return [[S]]
func.func @main(%x: tensor<1x4x4x4xui8>) -> tensor<1x8x4x4xf32> {
  %m = arhat.constant() {value = dense<2.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = arhat.constant() {value = dense<1> : tensor<4x1x3x3xi8>} : () -> tensor<4x1x3x3xi8>
  %s = arhat.constant() {value = dense<0.5> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = arhat.quantized_convolution(%x, %w, %s, %s, multiplier = %m, shift = %m) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 4, padding = 128} : (tensor<1x4x4x4xui8>, tensor<4x1x3x3xi8>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x4xui8>
  %1 = arhat.concat(%0, %0) {axis = 1} : (tensor<1x4x4x4xui8>, tensor<1x4x4x4xui8>) -> tensor<1x8x4x4xui8>
  %2 = arhat.quantized_add(%1, %1) {scale_a = 0.5, offset_a = 1.0, scale_b = 0.25, offset_b = -32.0, activation = #arhat.activation<relu>} : (tensor<1x8x4x4xui8>, tensor<1x8x4x4xui8>) -> tensor<1x8x4x4xf32>
  func.return %2 : tensor<1x8x4x4xf32>
}

// Bytes that are no quantised values stay as they are.
// CHECK-LABEL: func.func @plain(
// CHECK: arhat.max_pool(%x) {{.*}} -> tensor<1x4x2x2xui8>
func.func @plain(%x: tensor<1x4x4x4xui8>) -> tensor<1x4x2x2xui8> {
  %0 = arhat.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x4x4x4xui8>) -> tensor<1x4x2x2xui8>
  func.return %0 : tensor<1x4x2x2xui8>
}
