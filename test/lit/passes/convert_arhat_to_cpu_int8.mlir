// RUN: arhat-opt %s -p "convert-arhat-to-cpu,choose-layout,select-algorithms" | filecheck %s

// The filter becomes panels of 16 outputs by 4 inputs; what belongs to channels is padded. Bytes are NHWC, without border.
// CHECK-LABEL: func.func @main
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"conv.int8">{{.*}} -> tensor<2x3x3x2x16x4xi8>
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"conv.panels{{.*}} -> tensor<32xf32>
// CHECK: [[Q:%.*]] = cpu.quantize({{.*}} -> tensor<1x8x6x6xui8, #kernel.nhwc<16>>
// CHECK: [[Y:%.*]] = cpu.quantized_conv([[Q]], {{.*}}padding = 3{{.*}}algorithm = "int8"{{.*}} -> tensor<1x20x6x6xui8, #kernel.nhwc<32>>
// CHECK: [[P:%.*]] = cpu.max_pool([[Y]]){{.*}} -> tensor<1x20x3x3xui8, #kernel.nhwc<32>>
// CHECK: cpu.dequantize([[P]]{{.*}} -> tensor<1x20x3x3xf32, #kernel.nhwc<32>>
func.func @main(%x: tensor<1x8x6x6xf32>) -> tensor<1x20x3x3xf32> {
  %m = arhat.constant() {value = dense<2.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %s = arhat.constant() {value = dense<3.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<20x8x3x3xi8>
  %c = arhat.constant() {value = #arhat.weight<"model"::"c@1440">} : () -> tensor<20xf32>
  %0 = arhat.quantize(%x, %m, %s) : (tensor<1x8x6x6xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x6x6xui8>
  %1 = arhat.quantized_convolution(%0, %w, %c, %c, multiplier = %m, shift = %s) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, padding = 3, arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x8x6x6xui8>, tensor<20x8x3x3xi8>, tensor<20xf32>, tensor<20xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x20x6x6xui8>
  %2 = arhat.max_pool(%1) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x20x6x6xui8>) -> tensor<1x20x3x3xui8>
  %3 = arhat.dequantize(%2, %m, %s) : (tensor<1x20x3x3xui8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x20x3x3xf32>
  func.return %3 : tensor<1x20x3x3xf32>
}
