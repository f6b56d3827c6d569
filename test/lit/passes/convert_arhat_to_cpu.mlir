// RUN: arhat-opt %s -p convert-arhat-to-cpu | filecheck %s

// CHECK-LABEL: func.func @main
// One-dimensional convolution: an image of height 1.
// CHECK: [[X:%.*]] = kernel.view(%x) {{.*}}: (tensor<1x4x8xf32>) -> tensor<1x4x1x8xf32>
// CHECK: [[C:%.*]] = cpu.conv([[X]], {{%.*}}, bias = {{%.*}}) {strides = [1, 1], pads = [0, 1, 0, 1], dilations = [1, 1], groups = 1, kernel = [1, 3], activation = #arhat.activation<relu>
// CHECK: [[Y:%.*]] = kernel.view([[C]]) {{.*}}: (tensor<1x2x1x8xf32>) -> tensor<1x2x8xf32>
// A reshape moves nothing; an element-wise op becomes a region; the others keep their names.
// CHECK: [[R:%.*]] = kernel.view([[Y]]) {{.*}}-> tensor<2x8xf32>
// CHECK: [[S:%.*]] = kernel.elementwise([[R]]) attributes {arhat.layers = [#arhat.layer<"sigmoid", 4>]}
// CHECK: math.exp
// CHECK: [[T:%.*]] = kernel.transpose([[S]]) {perm = [1, 0]
// CHECK: cpu.matmul([[T]], {{%.*}}) {transpose_a = false, transpose_b = true
// CHECK-NOT: arhat.sigmoid
func.func @main(%x: tensor<1x4x8xf32>) -> tensor<8x2xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x4x3xf32>
  %b = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %0 = arhat.convolution(%x, %w, bias = %b) {strides = [1], pads_begin = [1], pads_end = [1], dilations = [1], groups = 1, activation = #arhat.activation<relu>, arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x4x8xf32>, tensor<2x4x3xf32>, tensor<2xf32>) -> tensor<1x2x8xf32>
  %1 = arhat.reshape(%0) {shape = [2, 8], arhat.layers = [#arhat.layer<"flat", 3>]} : (tensor<1x2x8xf32>) -> tensor<2x8xf32>
  %2 = arhat.sigmoid(%1) {arhat.layers = [#arhat.layer<"sigmoid", 4>]} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %3 = arhat.transpose(%2) {perm = [1, 0], arhat.layers = [#arhat.layer<"t", 5>]} : (tensor<2x8xf32>) -> tensor<8x2xf32>
  %m = arhat.constant() {value = dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>} : () -> tensor<2x2xf32>
  %4 = arhat.matmul(%3, %m) {transpose_a = false, transpose_b = true, arhat.layers = [#arhat.layer<"fc", 6>]} : (tensor<8x2xf32>, tensor<2x2xf32>) -> tensor<8x2xf32>
  func.return %4 : tensor<8x2xf32>
}
