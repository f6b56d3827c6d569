// RUN: arhat-opt %s -p fuse-batch-norm,fuse-bias,fuse-activation,dce | filecheck %s

// Scales go into the filter along its second axis, shifts into the bias; then the activation.
// CHECK-LABEL: func.func @batch_norm
// CHECK-DAG: [[W:%.*]] = arhat.constant() {value = dense<{{\[\[\[\[}}2.000000e+00{{\]\]}}, {{\[\[}}-2.000000e+00{{\]\]\]}}, {{\[\[\[}}6.000000e+00{{\]\]}}, {{\[\[}}-4.000000e+00{{\]\]\]\]}}>
// CHECK-DAG: [[B:%.*]] = arhat.constant() {value = dense<[5.000000e-01, 2.500000e-01]>
// CHECK: arhat.transposed_convolution(%x, [[W]], bias = [[B]]) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1, activation = #arhat.activation<relu>}
// CHECK-NEXT: func.return
func.func @batch_norm(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = dense<[[[[2.0]], [[-1.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
  %t = arhat.constant() {value = dense<[[[[0.5]], [[0.25]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.transposed_convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.add(%1, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = arhat.relu(%2) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %3 : tensor<1x2x4x4xf32>
}

// With two groups, each of one output, the scale of output g multiplies the filters of the inputs of group g.
// CHECK-LABEL: func.func @groups
// CHECK: [[W:%.*]] = arhat.constant() {value = dense<{{\[\[\[\[}}2.000000e+00{{\]\]\]}}, {{\[\[\[}}4.000000e+00{{\]\]\]}}, {{\[\[\[}}-3.000000e+00{{\]\]\]}}, {{\[\[\[}}-4.000000e+00{{\]\]\]\]}}>
// CHECK: arhat.transposed_convolution(%x, [[W]])
// CHECK-NEXT: func.return
func.func @groups(%x: tensor<1x4x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]], [[[4.0]]]]> : tensor<4x1x1x1xf32>} : () -> tensor<4x1x1x1xf32>
  %s = arhat.constant() {value = dense<[[[[2.0]], [[-1.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.transposed_convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], output_padding = [0, 0], groups = 2} : (tensor<1x4x4x4xf32>, tensor<4x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}
