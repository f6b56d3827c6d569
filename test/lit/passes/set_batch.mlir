// RUN: arhat-opt %s -p 'set-batch{to=3}' --split-input-file | filecheck %s

// What states the size 1 is corrected; boxes of all images lie one after the other in between.
// CHECK-LABEL: func.func @main(%x: tensor<3x6x2x2xf32>) -> (tensor<3x8x3xf32>, tensor<3x4x3xf32>)
func.func @main(%x: tensor<1x6x2x2xf32>) -> (tensor<1x8x3xf32>, tensor<1x4x3xf32>) {
  // CHECK: arhat.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<3x6x2x2xf32>) -> tensor<3x2x2x6xf32>
  %0 = arhat.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<1x6x2x2xf32>) -> tensor<1x2x2x6xf32>
  // CHECK: arhat.reshape(%{{.*}}) {shape = [24, 3]} : (tensor<3x2x2x6xf32>) -> tensor<24x3xf32>
  %1 = arhat.reshape(%0) {shape = [8, 3]} : (tensor<1x2x2x6xf32>) -> tensor<8x3xf32>
  // CHECK: arhat.softmax(%{{.*}}) {axis = 1} : (tensor<24x3xf32>) -> tensor<24x3xf32>
  %2 = arhat.softmax(%1) {axis = 1} : (tensor<8x3xf32>) -> tensor<8x3xf32>
  // CHECK: arhat.reshape(%{{.*}}) {shape = [3, 8, 3]} : (tensor<24x3xf32>) -> tensor<3x8x3xf32>
  %3 = arhat.reshape(%2) {shape = [1, 8, 3]} : (tensor<8x3xf32>) -> tensor<1x8x3xf32>
  // CHECK: arhat.slice(%{{.*}}) {starts = [0, 4, 0], sizes = [3, 4, 3], steps = [1, 1, 1]} : (tensor<3x8x3xf32>) -> tensor<3x4x3xf32>
  %4 = arhat.slice(%3) {starts = [0, 4, 0], sizes = [1, 4, 3], steps = [1, 1, 1]} : (tensor<1x8x3xf32>) -> tensor<1x4x3xf32>
  func.return %3, %4 : tensor<1x8x3xf32>, tensor<1x4x3xf32>
}

// -----

// What is the same for all images is repeated where it has to stand beside them, not where it broadcasts.
// CHECK-LABEL: func.func @main(%x: tensor<3x2xf32>) -> tensor<3x5xf32>
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x5xf32> {
  %c = arhat.constant() {value = dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>} : () -> tensor<1x3xf32>
  %d = arhat.constant() {value = dense<[[1.0, 2.0]]> : tensor<1x2xf32>} : () -> tensor<1x2xf32>
  // CHECK: arhat.add(%x, %d) : (tensor<3x2xf32>, tensor<1x2xf32>) -> tensor<3x2xf32>
  %0 = arhat.add(%x, %d) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  // CHECK: %[[T:.*]] = arhat.tile(%c) {repeats = [3, 1]} : (tensor<1x3xf32>) -> tensor<3x3xf32>
  // CHECK: arhat.concat(%{{.*}}, %[[T]]) {axis = 1}
  %1 = arhat.concat(%0, %c) {axis = 1} : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
  func.return %1 : tensor<1x5xf32>
}

// -----

// A scalar input is shared; an input whose shape counts images already stays.
// CHECK-LABEL: func.func @main(%x: tensor<3x2xf32>, %s: tensor<f32>) -> tensor<3x2xf32>
func.func @main(%x: tensor<1x2xf32>, %s: tensor<f32>) -> tensor<1x2xf32> {
  %0 = arhat.multiply(%x, %s) : (tensor<1x2xf32>, tensor<f32>) -> tensor<1x2xf32>
  func.return %0 : tensor<1x2xf32>
}
