// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @bytes
// CHECK: cpu.quantize(%x, %m, %m) : (tensor<1x8x4x4xf32, #kernel.nhwc<16>>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8, #kernel.nhwc<16>>
// CHECK: cpu.quantized_conv({{%[0-9]+}}, %w, %c, %c, multiplier = %m, shift = %m) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3], padding = 7, algorithm = "int8"}
// CHECK: cpu.quantized_add({{%[0-9]+}}, {{%[0-9]+}}) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0} : {{.*}} -> tensor<1x8x4x4xf32, #kernel.nhwc<16>>
// CHECK: cpu.dequantize({{%[0-9]+}}, %m, %m) : {{.*}} -> tensor<1x8x4x4xf32, #kernel.nhwc<16>>
func.func @bytes(%x: tensor<1x8x4x4xf32, #kernel.nhwc<16>>, %w: tensor<1x3x3x2x16x4xi8>, %c: tensor<16xf32>, %m: tensor<1xf32>) {
  %0 = cpu.quantize(%x, %m, %m) : (tensor<1x8x4x4xf32, #kernel.nhwc<16>>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8, #kernel.nhwc<16>>
  %1 = cpu.quantized_conv(%0, %w, %c, %c, multiplier = %m, shift = %m) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3], padding = 7, algorithm = "int8"} : (tensor<1x8x4x4xui8, #kernel.nhwc<16>>, tensor<1x3x3x2x16x4xi8>, tensor<16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8, #kernel.nhwc<16>>
  %2 = cpu.quantized_add(%0, %1) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0} : (tensor<1x8x4x4xui8, #kernel.nhwc<16>>, tensor<1x8x4x4xui8, #kernel.nhwc<16>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<16>>
  %3 = cpu.dequantize(%1, %m, %m) : (tensor<1x8x4x4xui8, #kernel.nhwc<16>>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xf32, #kernel.nhwc<16>>
  func.return
}
