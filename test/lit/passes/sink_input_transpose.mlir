// RUN: arhat-opt %s -p sink-input-transpose --split-input-file | filecheck %s

// Every step that follows, on either side and of every shape, up to the convolution.
// CHECK-LABEL: func.func @main(%x: tensor<1x4x4x2xui8>) -> tensor<1x1x4x4xf32>
// CHECK: %[[U:.*]] = arhat.convert(%x)
// CHECK: %[[A:.*]] = arhat.subtract(%{{.*}}, %[[U]]) : (tensor<1x1x1x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
// CHECK: %[[B:.*]] = arhat.multiply(%[[A]], %{{.*}}) : (tensor<1x4x4x2xf32>, tensor<f32>) -> tensor<1x4x4x2xf32>
// CHECK: %[[C:.*]] = arhat.tanh(%[[B]]) : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
// CHECK: %[[T:.*]] = arhat.transpose(%[[C]]) {perm = [0, 3, 1, 2]} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
// CHECK: arhat.convolution(%[[T]], %w)
func.func @main(%x: tensor<1x4x4x2xui8>) -> tensor<1x1x4x4xf32> {
  %w = arhat.constant() {value = dense<1.0> : tensor<1x2x3x3xf32>} : () -> tensor<1x2x3x3xf32>
  %c = arhat.constant() {value = dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>} : () -> tensor<2x1x1xf32>
  %d = arhat.constant() {value = dense<2.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %0 = arhat.convert(%x) {to = f32} : (tensor<1x4x4x2xui8>) -> tensor<1x4x4x2xf32>
  %1 = arhat.transpose(%0) {perm = [0, 3, 1, 2]} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.subtract(%c, %1) : (tensor<2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %3 = arhat.multiply(%2, %d) : (tensor<1x2x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %4 = arhat.tanh(%3) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %5 = arhat.convolution(%4, %w) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<1x2x3x3xf32>) -> tensor<1x1x4x4xf32>
  func.return %5 : tensor<1x1x4x4xf32>
}

// -----

// Not where the transposition is read twice, nor inside the network.
// CHECK-LABEL: func.func @inside
// CHECK: arhat.relu
// CHECK-NEXT: arhat.transpose
// CHECK-NEXT: arhat.tanh
func.func @inside(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32> {
  %0 = arhat.relu(%x) : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %1 = arhat.transpose(%0) {perm = [0, 3, 1, 2]} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.tanh(%1) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT: arhat.transpose
// CHECK-NEXT: arhat.tanh
func.func @twice(%x: tensor<1x4x4x2xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %1 = arhat.transpose(%x) {perm = [0, 3, 1, 2]} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.tanh(%1) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2, %1 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}
