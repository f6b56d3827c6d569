// A sequence becomes one product of matrices for all steps and directions, and the recurrence.
//
// RUN: arhat-opt %s -p convert-arhat-to-cpu | arhat-opt | filecheck %s
// RUN: arhat-opt %s -p cpu-lower | filecheck %s --check-prefix=LOWERED

// CHECK: %[[X:.*]] = kernel.view(%x) : (tensor<2x7x3xf32>) -> tensor<14x3xf32>
// CHECK: %[[W:.*]] = kernel.view(%w) : (tensor<2x16x3xf32>) -> tensor<32x3xf32>
// CHECK: %[[B:.*]] = kernel.view(%b) : (tensor<2x16xf32>) -> tensor<32xf32>
// CHECK: %[[P:.*]] = cpu.matmul(%[[X]], %[[W]], bias = %[[B]]) {transpose_a = false, transpose_b = true} : (tensor<14x3xf32>, tensor<32x3xf32>, tensor<32xf32>) -> tensor<14x32xf32>
// CHECK: %[[G:.*]] = kernel.view(%[[P]]) : (tensor<14x32xf32>) -> tensor<2x7x2x16xf32>
// CHECK: cpu.lstm(%[[G]], %r, %h0, %c0, lengths = %l) {direction = "bidirectional", {{.*}}, scratch_bytes = 1024} : (tensor<2x7x2x16xf32>, tensor<2x16x4xf32>,

// LOWERED: cpu.matmul({{.*}}) {transpose_a = false, transpose_b = true, algorithm = "packed"} : (tensor<14x3xf32>, tensor<1x3x32xf32>, tensor<32xf32>) -> tensor<14x32xf32>
// LOWERED: cpu.lstm({{.*}}) {{.*}}algorithm = "packed"{{.*}} : (tensor<2x7x2x16xf32>, tensor<2x4x4x32xf32>, {{.*}}
func.func @main(%x: tensor<2x7x3xf32>, %h0: tensor<2x2x4xf32>, %c0: tensor<2x2x4xf32>, %l: tensor<2xi32>) -> tensor<2x2x7x4xf32> {
  %w = arhat.constant() {value = dense<0.5> : tensor<2x16x3xf32>} : () -> tensor<2x16x3xf32>
  %r = arhat.constant() {value = dense<0.25> : tensor<2x16x4xf32>} : () -> tensor<2x16x4xf32>
  %b = arhat.constant() {value = dense<0.0> : tensor<2x16xf32>} : () -> tensor<2x16xf32>
  %y, %h, %c = arhat.lstm_sequence(%x, %h0, %c0, %w, %r, %b, lengths = %l) {direction = "bidirectional", activations = ["sigmoid", "tanh", "tanh"], alpha = [0.0, 0.0, 0.0], beta = [0.0, 0.0, 0.0], clip = 0.0} : (tensor<2x7x3xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x16x3xf32>, tensor<2x16x4xf32>, tensor<2x16xf32>, tensor<2xi32>) -> (tensor<2x2x7x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>)
  func.return %y : tensor<2x2x7x4xf32>
}
