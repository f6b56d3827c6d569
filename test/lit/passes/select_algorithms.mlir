// RUN: arhat-opt %s -p 'select-algorithms{convolution=winograd2}' | filecheck %s
// RUN: arhat-opt %s -p 'select-algorithms{convolution=direct}' | filecheck %s --check-prefix=DIRECT
// RUN: not arhat-opt %s -p 'select-algorithms{convolution=fft}' 2>&1 | filecheck %s --check-prefix=BAD

// BAD: error: select-algorithms: convolution is one of auto, direct, winograd2, winograd4, not 'fft'

// Weights are packed as derived entries; a bias is extended to whole panels.
// CHECK-LABEL: func.func @main
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"w@0.winograd2">} : () -> tensor<16x2x16x32xf32>
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"b@9.bias">} : () -> tensor<64xf32>
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"d@5.depthwise">} : () -> tensor<3x3x48xf32>
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"g@6.grouped">} : () -> tensor<4x1x1x1x10x32xf32>
// CHECK-DAG: arhat.constant() {value = #arhat.weight<"derived"::"m@7.packed_transposed">} : () -> tensor<1x40x32xf32>
// A 3x3 convolution of stride 1: the wish is granted.
// CHECK: cpu.conv({{.*}}algorithm = "winograd2"
// One filter per channel, and groups: there is no choice.
// CHECK: cpu.conv({{.*}}algorithm = "depthwise"
// CHECK: cpu.conv({{.*}}algorithm = "grouped"
// Stride 2: no Winograd.
// CHECK: cpu.conv({{.*}}algorithm = "direct"
// CHECK: cpu.matmul({{.*}}algorithm = "packed"
// CHECK: cpu.matmul({{.*}}algorithm = "general"

// DIRECT-LABEL: func.func @main
// DIRECT-DAG: arhat.constant() {value = #arhat.weight<"derived"::"w@0.direct">} : () -> tensor<2x3x3x16x32xf32>
func.func @main(%x: tensor<1x16x8x8xf32>, %a: tensor<2x40xf32>) -> (tensor<1x40x4x4xf32>, tensor<2x5xf32>, tensor<2x2xf32>) {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<40x16x3x3xf32>
  %b = arhat.constant() {value = #arhat.weight<"model"::"b@9">} : () -> tensor<40xf32>
  %d = arhat.constant() {value = #arhat.weight<"model"::"d@5">} : () -> tensor<40x1x3x3xf32>
  %g = arhat.constant() {value = #arhat.weight<"model"::"g@6">} : () -> tensor<40x10x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@8">} : () -> tensor<40x40x3x3xf32>
  %m = arhat.constant() {value = #arhat.weight<"model"::"m@7">} : () -> tensor<5x40xf32>
  %0 = cpu.conv(%x, %w, bias = %b) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x16x8x8xf32>, tensor<40x16x3x3xf32>, tensor<40xf32>) -> tensor<1x40x8x8xf32>
  %1 = cpu.conv(%0, %d) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 40, kernel = [3, 3]} : (tensor<1x40x8x8xf32>, tensor<40x1x3x3xf32>) -> tensor<1x40x8x8xf32>
  %2 = cpu.conv(%1, %g) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 4, kernel = [1, 1]} : (tensor<1x40x8x8xf32>, tensor<40x10x1x1xf32>) -> tensor<1x40x8x8xf32>
  %3 = cpu.conv(%2, %s) {strides = [2, 2], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x40x8x8xf32>, tensor<40x40x3x3xf32>) -> tensor<1x40x4x4xf32>
  %4 = cpu.matmul(%a, %m) {transpose_a = false, transpose_b = true} : (tensor<2x40xf32>, tensor<5x40xf32>) -> tensor<2x5xf32>
  %5 = cpu.matmul(%a, %a) {transpose_a = false, transpose_b = true} : (tensor<2x40xf32>, tensor<2x40xf32>) -> tensor<2x2xf32>
  func.return %3, %4, %5 : tensor<1x40x4x4xf32>, tensor<2x5xf32>, tensor<2x2xf32>
}
