// RUN: arhat-opt %s -p fuse-channel-order --split-input-file | filecheck %s

// The steps between take the other order as well; the image is padded with zeros of every channel alike.
// CHECK-LABEL: func.func @main(%x: tensor<1x3x4x4xf32>) -> tensor<1x1x4x4xf32>
// CHECK-NOT: arhat.gather
// CHECK: %[[S:.*]] = arhat.subtract(%x, %[[M:.*]]) {arhat.layers = [#arhat.layer<"mean", 2>]}
// CHECK: arhat.convolution(%[[S]], %{{.*}}) {{.*}}arhat.layers = [#arhat.layer<"reverse", 1>, #arhat.layer<"conv", 3>]
func.func @main(%x: tensor<1x3x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %w = arhat.constant() {value = dense<1.0> : tensor<1x3x3x3xf32>} : () -> tensor<1x3x3x3xf32>
  %m = arhat.constant() {value = dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32>} : () -> tensor<3x1x1xf32>
  %i = arhat.constant() {value = dense<[2, -2, 0]> : tensor<3xi64>} : () -> tensor<3xi64>
  %0 = arhat.gather(%x, %i) {axis = 1, batch_dims = 0, arhat.layers = [#arhat.layer<"reverse", 1>]} : (tensor<1x3x4x4xf32>, tensor<3xi64>) -> tensor<1x3x4x4xf32>
  %1 = arhat.subtract(%0, %m) {arhat.layers = [#arhat.layer<"mean", 2>]} : (tensor<1x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<1x3x4x4xf32>
  %2 = arhat.convolution(%1, %w) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 3>]} : (tensor<1x3x4x4xf32>, tensor<1x3x3x3xf32>) -> tensor<1x1x4x4xf32>
  func.return %2 : tensor<1x1x4x4xf32>
}

// -----

// A channel taken twice, groups, another user: left as they are.
// CHECK-LABEL: func.func @twice
// CHECK: arhat.gather
func.func @twice(%x: tensor<1x2x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %w = arhat.constant() {value = dense<1.0> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
  %i = arhat.constant() {value = dense<[1, 1]> : tensor<2xi64>} : () -> tensor<2xi64>
  %0 = arhat.gather(%x, %i) {axis = 1, batch_dims = 0} : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<1x2x4x4xf32>
  %1 = arhat.convolution(%0, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x1x4x4xf32>
  func.return %1 : tensor<1x1x4x4xf32>
}

// CHECK-LABEL: func.func @groups
// CHECK: arhat.gather
func.func @groups(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = dense<1.0> : tensor<2x1x1x1xf32>} : () -> tensor<2x1x1x1xf32>
  %i = arhat.constant() {value = dense<[1, 0]> : tensor<2xi64>} : () -> tensor<2xi64>
  %0 = arhat.gather(%x, %i) {axis = 1, batch_dims = 0} : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<1x2x4x4xf32>
  %1 = arhat.convolution(%0, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 2} : (tensor<1x2x4x4xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @shared
// CHECK: arhat.gather
func.func @shared(%x: tensor<1x2x4x4xf32>) -> (tensor<1x1x4x4xf32>, tensor<1x2x4x4xf32>) {
  %w = arhat.constant() {value = dense<1.0> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
  %i = arhat.constant() {value = dense<[1, 0]> : tensor<2xi64>} : () -> tensor<2xi64>
  %0 = arhat.gather(%x, %i) {axis = 1, batch_dims = 0} : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<1x2x4x4xf32>
  %1 = arhat.convolution(%0, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x1x4x4xf32>
  func.return %1, %0 : tensor<1x1x4x4xf32>, tensor<1x2x4x4xf32>
}
