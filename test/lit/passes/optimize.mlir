// RUN: arhat-opt %s -p optimize | filecheck %s

// A residual block as an importer makes it: weights in f16, batch norm, a shortcut and a swish spelled out.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[W:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"w#1">, {{.*}} : () -> tensor<8x8x3x3xf32>
// CHECK-NEXT: [[B:%.*]] = arhat.constant() {value = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]> : tensor<8xf32>
// CHECK-NEXT: [[Y:%.*]] = arhat.convolution(%x, [[W]], bias = [[B]], residual = %x) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, activation = #arhat.activation<swish>, arhat.layers = [#arhat.layer<"pad", 5>, #arhat.layer<"conv", 6>, #arhat.layer<"scale", 7>, #arhat.layer<"shift", 8>, #arhat.layer<"sum", 9>, #arhat.layer<"sigmoid", 10>, #arhat.layer<"gate", 11>]}
// CHECK-NEXT: func.return [[Y]]
func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">, arhat.layers = [#arhat.layer<"w", 1>]} : () -> tensor<8x8x3x3xf16>
  %wf = arhat.convert(%w) {to = f32, arhat.layers = [#arhat.layer<"w", 1>]} : (tensor<8x8x3x3xf16>) -> tensor<8x8x3x3xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@1152">, arhat.layers = [#arhat.layer<"s", 3>]} : () -> tensor<1x8x1x1xf32>
  %t = arhat.constant() {value = dense<[[[[1.0]], [[2.0]], [[3.0]], [[4.0]], [[5.0]], [[6.0]], [[7.0]], [[8.0]]]]> : tensor<1x8x1x1xf32>, arhat.layers = [#arhat.layer<"t", 4>]} : () -> tensor<1x8x1x1xf32>
  %p = arhat.pad(%x) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 1, 1], mode = "constant", value = 0.0, arhat.layers = [#arhat.layer<"pad", 5>]} : (tensor<1x8x4x4xf32>) -> tensor<1x8x6x6xf32>
  %0 = arhat.convolution(%p, %wf) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : (tensor<1x8x6x6xf32>, tensor<8x8x3x3xf32>) -> tensor<1x8x4x4xf32>
  %1 = arhat.multiply(%0, %s) {arhat.layers = [#arhat.layer<"scale", 7>]} : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf32>
  %2 = arhat.add(%1, %t) {arhat.layers = [#arhat.layer<"shift", 8>]} : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf32>
  %3 = arhat.add(%x, %2) {arhat.layers = [#arhat.layer<"sum", 9>]} : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %4 = arhat.sigmoid(%3) {arhat.layers = [#arhat.layer<"sigmoid", 10>]} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %5 = arhat.multiply(%3, %4) {arhat.layers = [#arhat.layer<"gate", 11>]} : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return %5 : tensor<1x8x4x4xf32>
}
